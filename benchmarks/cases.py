"""The questions asked: one large table, its silver, and many small tables."""

from __future__ import annotations

from benchmarks.by_hand import ByHand
from benchmarks.loader import Loader
from benchmarks.measuring import Case
from benchmarks.plain import Plain

LARGE = ("message",)
SMALL = tuple(f"small_{number:02d}" for number in range(20))
SMALL_ROWS = 1_000
HOUR_CHANGED = 30


def hour_tables(large: int) -> dict[str, int]:
    """120 tables as a platform has them: one large, one of a quarter of it, the others of 100 to 20,000 rows."""
    small = {f"hour_{n:03d}": round(100 * 200 ** (n / 117)) for n in range(118)}
    mixed = dict(sorted(small.items(), key=lambda item: item[0][-1]))  # changed tables are of all sizes
    return {"hour_large": large, "hour_medium": large // 4, **mixed}


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
        Case("silver, after changes in the newest 2 %", LARGE, (floor, ours), "s2", before="s0"),
    ]


def hour_case(by_hand: ByHand, ours: Loader, tables: tuple[str, ...]) -> Case:
    """From the export to silver; P ends in bronze."""
    return Case(f"an hour of {len(tables)} tables", tables, (by_hand, ours), "h1", before="h0")


def small_cases(floor: Plain, by_hand: ByHand, ours: Loader, tables: tuple[str, ...] = SMALL) -> list[Case]:
    """Full loads of many small tables."""
    loaders, many = (floor, by_hand, ours), f"{len(tables)} small tables"
    return [
        Case(f"{many}, first load", tables, loaders, "s0"),
        Case(f"{many}, nothing changed", tables, loaders, "s0b", before="s0"),
        Case(f"{many}, 1 % changed", tables, loaders, "s1", before="s0"),
    ]
