"""Why a table is not up to date: last good, first bad after it, what changed between, and what to type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any

from havenlake.errors import HavenlakeError
from havenlake.records import LedgerEntry, Status
from havenlake.reports.attempts import Attempt, Place, asset_of, attempts, group_by
from havenlake.reports.commands import Step, inspect_steps, rerun_steps
from havenlake.reports.comparison import Change, Comparison, compare
from havenlake.reports.drift import DriftEvent, drift_events
from havenlake.reports.words import count, listing

_OUTCOMES = {
    Status.SUCCEEDED: "succeeded",
    Status.UNCHANGED: "found nothing to change",
    Status.FAILED: "failed",
    Status.REFUSED: "was refused by a guard",
    Status.ABANDONED: "was interrupted",
}


@dataclass(frozen=True)
class Why:
    """The answer for one table of one layer. `first_bad` is None while the table is fine or was never good."""

    table: str
    layer: str
    target: str
    latest: Attempt
    last_good: Attempt | None
    first_bad: Attempt | None
    bad_attempts: int
    """Bad attempts since the last good one."""
    comparison: Comparison
    steps: tuple[Step, ...]
    running: Attempt | None = None
    """The attempt that is at work on it now."""
    drift: tuple[DriftEvent, ...] = ()
    """How the schema of its source drifted, the newest first."""
    also_bad: tuple[str, ...] = ()
    """Further tables of that name that are not up to date, which usually wait for this one."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed between last good and first bad, the suspicious ones first."""
        return self.comparison.changes

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return _sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return {**asdict(self), "sentence": self.sentence}


def why(entries: Iterable[LedgerEntry], table: str, *, layer: str | None = None) -> Why:
    """Explain the state of a table, given as `message`, `platformdb.message` or its full name.

    Of several layers the one that went bad first is explained. Raises HL-RUN-007 when the ledger does not know it.
    """
    entries = tuple(entries)
    groups = group_by(attempts(entries), lambda a: a.place)
    matching = {p: g for p, g in groups.items() if table in _names(p) and layer in (None, p[0])}
    if not matching:
        raise _unknown(table, layer, groups)
    answers = [answer for place, group in sorted(matching.items()) if (answer := _explain(place, group))]
    if not answers:
        raise _unknown(table, layer, ())
    bad = sorted((w for w in answers if w.bad_attempts), key=_went_bad)
    found = _with_others(bad[0], bad[1:]) if bad else max(answers, key=lambda w: w.latest.order)
    asset = asset_of((found.layer, found.table, found.target))
    return replace(found, drift=tuple(e for e in drift_events(entries) if e.asset == asset))


def _explain(place: Place, everything: Sequence[Attempt]) -> Why | None:
    history = [a for a in everything if a.status is not Status.RUNNING]
    if not history:
        return None
    running = next((a for a in reversed(everything) if a.status is Status.RUNNING), None)
    latest = history[-1]
    last_good_index = next((i for i in reversed(range(len(history))) if history[i].status.good), -1)
    bad = history[last_good_index + 1 :]
    good = history[: last_good_index + 1]
    last_good = good[-1] if good else None
    first_bad = bad[0] if bad else None
    before, after = (last_good, first_bad) if bad else _last_two_good(good)
    layer, table, target = place
    return Why(
        table,
        layer,
        target,
        latest,
        last_good,
        first_bad,
        bad_attempts=len(bad),
        comparison=compare(before, after) if before and after else Comparison(),
        steps=(*inspect_steps(latest), *(() if running else rerun_steps(latest))),
        running=running,
    )


def _last_two_good(good: Sequence[Attempt]) -> tuple[Attempt | None, Attempt | None]:
    fine = [a for a in good if a.status.good]
    return (fine[-2], fine[-1]) if len(fine) > 1 else (None, None)


def _went_bad(why: Why) -> tuple[object, ...]:
    first = why.first_bad or why.latest
    return (first.at, why.layer, why.target)


def _with_others(first: Why, others: Sequence[Why]) -> Why:
    return replace(first, also_bad=tuple(f"{w.layer} {w.target}" for w in others))


def _sentence(why: Why) -> str:
    now = " A run is at work on it now." if why.running else ""
    return f"{why.layer} {why.table} {_finding(why)}.{now}"


def _finding(why: Why) -> str:
    if not why.bad_attempts:
        return f"is in order: its last attempt {_OUTCOMES[why.latest.status]} on {why.latest.at:%Y-%m-%d %H:%M} UTC"
    outcome = f"its last attempt {_OUTCOMES[why.latest.status]}"
    if why.bad_attempts > 1:
        outcome += f" ({count(why.bad_attempts, 'attempt')} in a row went wrong)"
    if why.last_good is None:
        return f"has never been loaded: {outcome}"
    suspects = [c.what for c in why.changes if not c.usual]
    if suspects:
        return f"is not up to date: {outcome}. Since it was last good, {listing(suspects)} changed"
    if why.comparison.same:
        return f"is not up to date: {outcome}. Unchanged since it was last good: {listing(why.comparison.same)}"
    return f"is not up to date: {outcome}"


def _names(place: Place) -> set[str]:
    _, table, target = place
    return {table, target, asset_of(place)}


def _unknown(table: str, layer: str | None, known: Iterable[Place]) -> HavenlakeError:
    names = sorted({name for place in known for name in _names(place)})
    near = get_close_matches(table, names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "`havenlake status` lists the tables that have been run"
    place = f" in layer {layer}" if layer else ""
    return HavenlakeError("HL-RUN-007", f"the ledger holds no finished attempt of table '{table}'{place}", hint=hint)
