"""The questions asked: one large table, its silver, and many small tables."""

from __future__ import annotations

from benchmarks.by_hand import ByHand
from benchmarks.loader import Loader
from benchmarks.measuring import Case
from benchmarks.plain import Plain

LARGE = ("message",)
SMALL = tuple(f"small_{number:02d}" for number in range(20))
SMALL_ROWS = 1_000


def large_cases(floor: Plain, by_hand: ByHand, ours: Loader) -> list[Case]:
    """Full loads of one large table into bronze."""
    loaders = (floor, by_hand, ours)
    return [
        Case("first load", LARGE, loaders, "s0"),
        Case("reload, nothing changed", LARGE, loaders, "s0b", before="s0"),
        Case("reload, 1 % changed at random", LARGE, loaders, "s1", before="s0"),
        Case("reload, changes in the newest 2 %", LARGE, loaders, "s2", before="s0"),
    ]


def silver_cases(floor: Plain, ours: Loader) -> list[Case]:
    """Bronze to silver; nobody writes that by hand in a comparable way."""
    return [
        Case("silver, first build", LARGE, (floor, ours), "s0"),
        Case("silver, after 1 % changed at random", LARGE, (floor, ours), "s1", before="s0"),
    ]


def small_cases(floor: Plain, by_hand: ByHand, ours: Loader, tables: tuple[str, ...] = SMALL) -> list[Case]:
    """Full loads of many small tables."""
    loaders, many = (floor, by_hand, ours), f"{len(tables)} small tables"
    return [
        Case(f"{many}, first load", tables, loaders, "s0"),
        Case(f"{many}, nothing changed", tables, loaders, "s0b", before="s0"),
        Case(f"{many}, 1 % changed", tables, loaders, "s1", before="s0"),
    ]
