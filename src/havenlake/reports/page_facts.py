"""What the status page shows beside tables and runs: quarantine by rule and place, keys, residency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from havenlake.reports.grid import Column, Row, facts, grid, section
from havenlake.reports.markup import Html, tag
from havenlake.reports.words import count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from havenlake.residency import Crossing, PlaceUse

RULES = {
    "identity_missing": "an identity column is empty",
    "identity_conflict": "several rows of one identity contradict each other",
    "country_elsewhere": "the row belongs to another zone",
    "country_unknown": "the row's country is empty or unknown",
}


@dataclass(frozen=True)
class QuarantineGroup:
    """Rows of one table that the same rule set aside in its last load; a few of their positions in the source."""

    target: str
    rule: str
    zone: str | None
    rows: int
    positions: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyLine:
    """One key of the zone's keyring, without anything of the key."""

    id: str
    purpose: str
    state: str
    active: bool
    created: str


@dataclass(frozen=True)
class ResidencyFacts:
    """The zone an instance stands in, the places it uses, its exceptions, and the tables that nothing guards by row."""

    zone: str
    region: str
    countries: tuple[str, ...]
    places: tuple[PlaceUse, ...] = ()
    exceptions: tuple[Crossing, ...] = ()
    unguarded: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageFacts:
    """All of it; None for what could not be looked at."""

    quarantine: tuple[QuarantineGroup, ...] = ()
    keys: tuple[KeyLine, ...] | None = None
    residency: ResidencyFacts | None = None


def quarantine_details(groups: Sequence[QuarantineGroup]) -> Html | None:
    """The rules that set rows of one table aside, and where those rows stand in the source."""
    if not groups:
        return None
    pairs = [(f"{number(g.rows)} x {g.rule}", _positions(g)) for g in groups]
    return tag("details", tag("summary", f"By rule: {count(len(groups), 'group')}"), facts(pairs))


def _positions(group: QuarantineGroup) -> str:
    zone = f" ({group.zone})" if group.zone else ""
    told = f"{RULES.get(group.rule, 'a rule of another release')}{zone}"
    shown = ", ".join(group.positions)
    more = group.rows - len(group.positions)
    return f"{told}; at {shown}" + (f" and {count(more, 'more place')}" if more > 0 else "") if shown else told


def keys_section(keys: Sequence[KeyLine] | None) -> Html | None:
    """The keys of the zone; nothing where the keyring cannot be opened from here."""
    if keys is None:
        return None
    columns = (Column("Key", 20), Column("Purpose", 30), Column("State", 25), Column("Made", 25))
    rows = [Row((k.id, k.purpose, f"{k.state}, active" if k.active else k.state, k.created[:10])) for k in keys]
    text = "An active key seals what is written now; a live one still opens older rows; a retired one opens nothing."
    return section("Keys", tag("p", text, class_="soft"), grid("Keys", columns, rows))


def residency_section(found: ResidencyFacts | None) -> Html | None:
    """Where the instance stands, what it uses, what it lets across a border, and what nothing guards by row."""
    if found is None:
        return None
    where = "this computer" if found.zone == "local" else f"zone {found.zone}, region {found.region}"
    here = f"Rows of {', '.join(found.countries) or 'any country'} may lie here: {where}."
    guarded = (
        f"Guarded by place only, because no column tells the country: {', '.join(found.unguarded)}."
        if found.unguarded
        else "Every table's rows are told apart by country, or its configuration says why none need be."
    )
    places = grid(
        "Places",
        (Column("Place", 50), Column("Holds", 20), Column("Zone", 30)),
        [Row((u.place, u.holds, u.zone or "not declared")) for u in found.places],
    )
    crossing = grid(
        "Exceptions",
        (Column("Exception", 34), Column("Holds", 14), Column("Until", 18), Column("Why, and who answers for it", 34)),
        [Row((c.place, c.holds, _until(c), f"{c.reason} ({c.owner})")) for c in found.exceptions],
    )
    return section(
        "Residency",
        tag("p", here),
        tag("p", guarded, class_="soft"),
        places if found.places else None,
        tag("h3", "Exceptions across a border") if found.exceptions else None,
        crossing if found.exceptions else tag("p", "Nothing crosses a border by exception.", class_="soft"),
    )


def _until(crossing: Crossing) -> Html:
    if crossing.expired:
        return tag("span", f"expired {crossing.expires}", class_="bad")
    return tag("span", str(crossing.expires))
