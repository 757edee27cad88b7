"""Folds ledger events into attempts: what each run did to each table, as far as it is known by now.

The ledger is append-only, so one attempt has several entries: running, then an outcome, perhaps a repair. A process
that dies writes no outcome; its `running` entries are read as abandoned as soon as anything else in the ledger
proves that it ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from havenlake.names import TableName
from havenlake.records import LedgerEntry, RunContext, Status, TableResult

Place = tuple[str, str, str]
"""Layer, table, target: what has one state."""

_FULL_NAME_DOTS = 2
HELD_BY_ANOTHER_RUN = "HL-RUN-002"

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Attempt:
    """What one attempt of a run did to one table; times are UTC."""

    context: RunContext
    result: TableResult
    began_at: datetime
    recorded_at: datetime

    @property
    def status(self) -> Status:
        """Its outcome, `running` only while nothing proves that the run ended."""
        return self.result.status

    @property
    def place(self) -> Place:
        """Which state it belongs to."""
        return (self.context.layer, self.result.table, self.result.target)

    @property
    def at(self) -> datetime:
        """When it ended; when it began if it has no end."""
        if self.status in (Status.RUNNING, Status.ABANDONED):
            return self.began_at
        return self.result.finished_at or self.recorded_at

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sorts attempts by when the ledger learnt of them; an abandoned one counts from its beginning.

        A dead run may be swept long after a later run has brought the table up to date.
        """
        known = self.began_at if self.status in (Status.RUNNING, Status.ABANDONED) else self.recorded_at
        return (known, self.context.attempt, self.context.run_id)


def attempts(entries: Iterable[LedgerEntry]) -> tuple[Attempt, ...]:
    """All attempts, oldest first; the order of the entries does not matter."""
    entries = tuple(entries)
    folded = [_fold(group) for group in group_by(entries, _attempt_key).values()]
    return tuple(sorted(_settle(folded, entries), key=lambda a: (*a.order, a.place)))


def latest(of: Iterable[Attempt]) -> Attempt | None:
    """The attempt that counts for one table: a later attempt of a run supersedes its earlier ones."""
    by_run = group_by(of, lambda a: a.context.run_id)
    last_of_runs = [max(group, key=lambda a: a.context.attempt) for group in by_run.values()]
    return max(last_of_runs, key=lambda a: a.order, default=None)


def asset_of(place: Place) -> str:
    """The table's name in all layers, `platformdb.message`; the bare table where the target is a path."""
    _, table, target = place
    named = "/" not in target and target.count(".") >= _FULL_NAME_DOTS
    return TableName.parse(target).asset if named else table


def group_by(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Group, keeping the order of the items."""
    groups: dict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def _attempt_key(entry: LedgerEntry) -> tuple[str, int, str, str, str]:
    context, result = entry.context, entry.result
    return (context.run_id, context.attempt, context.layer, result.table, result.target)


def _fold(group: Sequence[LedgerEntry]) -> Attempt:
    best = max(map(_weight, group))
    equal = [e for e in group if _weight(e) == best]
    outcome = equal[0] if len(equal) == 1 else max(equal, key=lambda e: repr(e.result))
    times = [e.recorded_at for e in group] + [e.result.started_at for e in group if e.result.started_at]
    return Attempt(outcome.context, outcome.result, min(times), outcome.recorded_at)


def _weight(entry: LedgerEntry) -> tuple[int, datetime]:
    """An outcome outweighs a presumed death, which outweighs `running`; then the later entry wins."""
    certainty = {Status.RUNNING: 0, Status.ABANDONED: 1}.get(entry.result.status, 2)
    return (certainty, entry.recorded_at)


def _settle(folded: Sequence[Attempt], entries: Sequence[LedgerEntry]) -> list[Attempt]:
    newest: dict[str, int] = {}
    last_word: dict[tuple[str, int], datetime] = {}
    for entry in entries:
        run, attempt = entry.context.run_id, entry.context.attempt
        newest[run] = max(newest.get(run, attempt), attempt)
        last_word[run, attempt] = max(last_word.get((run, attempt), entry.recorded_at), entry.recorded_at)
    swept = {(a.context.run_id, a.context.attempt) for a in folded if a.status is Status.ABANDONED}
    taken = _taken_since(folded)

    def ended(a: Attempt) -> bool:
        run = (a.context.run_id, a.context.attempt)
        taken_later = a.place in taken and taken[a.place] > last_word[run]
        return a.context.attempt < newest[a.context.run_id] or run in swept or taken_later

    return [_abandoned(a) if a.status is Status.RUNNING and ended(a) else a for a in folded]


def _taken_since(folded: Sequence[Attempt]) -> dict[Place, datetime]:
    """When a run last began that got hold of the table: it could not while another was alive on it."""
    taken: dict[Place, datetime] = {}
    for a in folded:
        held = a.result.error is not None and a.result.error.code == HELD_BY_ANOTHER_RUN
        if a.status not in (Status.RUNNING, Status.ABANDONED) and not held:
            taken[a.place] = max(taken.get(a.place, a.began_at), a.began_at)
    return taken


def _abandoned(attempt: Attempt) -> Attempt:
    return replace(attempt, result=replace(attempt.result, status=Status.ABANDONED))
