"""The one sentence a manager reads first, and whether it is good news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from havenlake.reports.attempts import group_by
from havenlake.reports.status import TableState, Verdict
from havenlake.reports.words import count, number

_SEVERITY = tuple(Verdict)
_VERBS = {
    Verdict.FAILED: ("failed", "failed"),
    Verdict.REFUSED: ("was refused by a guard", "were refused by a guard"),
    Verdict.INTERRUPTED: ("was interrupted", "were interrupted"),
    Verdict.LATE: ("is late", "are late"),
    Verdict.NEVER: ("has never been loaded", "have never been loaded"),
}


class Mood(StrEnum):
    """Overall state: all well, something to look at, something broken."""

    GOOD = "all is well"
    ATTENTION = "needs attention"
    BAD = "action needed"


@dataclass(frozen=True)
class Headline:
    """The sentence and its mood."""

    sentence: str
    mood: Mood


def headline(states: Sequence[TableState]) -> Headline:
    """Sum up all declared tables; a table counts once, by its worst layer.

    Quarantined rows, nulled values and tables unguarded by row are named; none makes a table late or failed.
    """
    declared = [s for s in states if s.declared]
    if not declared:
        return Headline("No table has been loaded yet.", Mood.ATTENTION)
    assets = group_by(declared, lambda s: s.asset).values()
    worst = Counter(max((s.verdict for s in group), key=_SEVERITY.index) for group in assets)
    fine = worst[Verdict.UP_TO_DATE] + worst[Verdict.DUE]
    total = len(assets)
    parts = [f"{number(fine)} of {count(total, 'table')} {'is' if total == 1 else 'are'} up to date"]
    parts += [f"{number(worst[v])} {verbs[worst[v] > 1]}" for v, verbs in _VERBS.items() if worst[v]]
    parts += _data_notes(declared)
    return Headline("; ".join(parts) + ".", _mood(worst))


def _data_notes(states: Sequence[TableState]) -> list[str]:
    quarantined, nulled = sum(s.quarantined for s in states), sum(s.nulled for s in states)
    notes = []
    if quarantined:
        notes.append(f"{count(quarantined, 'row')} {'was' if quarantined == 1 else 'were'} quarantined")
    if nulled:
        notes.append(f"{count(nulled, 'value')} {'was' if nulled == 1 else 'were'} left empty for want of a scrubber")
    unguarded = len({s.asset for s in states if s.facts.guarded_by_row is False})
    if unguarded:
        notes.append(f"{count(unguarded, 'table')} {'is' if unguarded == 1 else 'are'} unguarded by row")
    return notes


def _mood(worst: Counter[Verdict]) -> Mood:
    if worst[Verdict.FAILED] or worst[Verdict.REFUSED] or worst[Verdict.INTERRUPTED]:
        return Mood.BAD
    return Mood.ATTENTION if worst[Verdict.LATE] or worst[Verdict.NEVER] else Mood.GOOD
