"""The state of every run from the ledger: a resumed run is one run, its later attempts supersede the earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from havenlake.records import LedgerEntry, RowCounts, RunContext, Status, TableResult
from havenlake.reports.attempts import Attempt, attempts, group_by

_WORST_FIRST = (Status.RUNNING, Status.ABANDONED, Status.FAILED, Status.REFUSED, Status.SUCCEEDED)


@dataclass(frozen=True)
class RunState:
    """One run over all its attempts: `context` is the last attempt's, `tables` the last result of each table."""

    context: RunContext
    started_at: datetime
    finished_at: datetime | None
    """None while it runs and when nobody knows when it died."""
    tables: tuple[TableResult, ...]

    @property
    def run_id(self) -> str:
        """Id to resume by."""
        return self.context.run_id

    @property
    def status(self) -> Status:
        """Running while a table is; else the worst of its tables; unchanged when none changed."""
        statuses = {t.status for t in self.tables}
        return next((s for s in _WORST_FIRST if s in statuses), Status.UNCHANGED)

    @property
    def resumable(self) -> bool:
        """Whether `--resume` has something left to do."""
        return self.status in (Status.ABANDONED, Status.FAILED, Status.REFUSED)

    @property
    def seconds(self) -> float | None:
        """From first beginning to last end, pauses between attempts included."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    @property
    def counts(self) -> RowCounts:
        """Sum over its tables."""
        return total(t.counts for t in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return {**asdict(self), "run_id": self.run_id, "status": self.status, "resumable": self.resumable}


def run_states(entries: Iterable[LedgerEntry]) -> tuple[RunState, ...]:
    """The state of every run, the newest first."""
    runs = group_by(attempts(entries), lambda a: a.context.run_id).values()
    return tuple(sorted(map(_state, runs), key=lambda r: (r.started_at, r.run_id), reverse=True))


def total(counts: Iterable[RowCounts]) -> RowCounts:
    """Add up row counts."""
    counts = tuple(counts)
    return RowCounts(**{f.name: sum(getattr(c, f.name) for c in counts) for f in fields(RowCounts)})


def _state(run: list[Attempt]) -> RunState:
    newest = max(run, key=lambda a: a.context.attempt)
    of_tables = group_by(run, lambda a: a.place)
    last = [max(of_tables[place], key=lambda a: a.context.attempt) for place in sorted(of_tables)]
    open_ended = any(a.status in (Status.RUNNING, Status.ABANDONED) for a in last)
    return RunState(
        newest.context,
        started_at=min(a.began_at for a in run),
        finished_at=None if open_ended else max(a.at for a in last),
        tables=tuple(a.result for a in last),
    )
