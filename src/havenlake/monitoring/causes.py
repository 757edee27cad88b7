"""Why tables of a run failed, each cause once, since when, and which tables are well again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from havenlake.records import ErrorInfo, LedgerEntry, RunRecord, Status, TableResult


@dataclass(frozen=True)
class Cause:
    """One cause of failure and the tables it stopped. `known` when all of them had failed by it before."""

    error: ErrorInfo
    status: Status
    results: tuple[TableResult, ...]
    since: datetime | None
    known: bool


_ABANDONED = ErrorInfo("HL-RUN-900", "the run died before the table was finished", "run the job again", "abandoned")


def causes(record: RunRecord, history: Iterable[LedgerEntry]) -> tuple[Cause, ...]:
    """Causes of a run's failures, grouped by fingerprint; `history` is what the ledger knew before the attempt."""
    past = _past(record, history)
    groups: dict[tuple[str, Status], list[TableResult]] = {}
    for result in record.tables:
        if not result.status.good and result.status is not Status.RUNNING:
            groups.setdefault((_error(result).fingerprint, result.status), []).append(result)
    return tuple(_cause(status, tuple(results), past) for (_, status), results in groups.items())


def recovered(record: RunRecord, history: Iterable[LedgerEntry]) -> tuple[TableResult, ...]:
    """Tables that are good now and were not the last time."""
    past = _past(record, history)
    return tuple(r for r in record.tables if r.status.good and (b := past.get(r.target)) and not b[-1].status.good)


def _cause(status: Status, results: tuple[TableResult, ...], past: dict[str, list[TableResult]]) -> Cause:
    error = _error(results[0])
    starts = [start for r in results if (start := _streak_start(r, past.get(r.target, ())))]
    known = all(_failed_by(past.get(r.target, ()), error.fingerprint) for r in results)
    return Cause(error, status, results, min(starts, default=None), known)


def _failed_by(past: Sequence[TableResult], fingerprint: str) -> bool:
    return bool(past) and not past[-1].status.good and _error(past[-1]).fingerprint == fingerprint


def _streak_start(result: TableResult, past: Sequence[TableResult]) -> datetime | None:
    """When the first of the failures in a row ended."""
    first = result
    for earlier in reversed(past):
        if earlier.status.good:
            break
        first = earlier
    return first.finished_at or first.started_at


def _error(result: TableResult) -> ErrorInfo:
    return result.error or _ABANDONED


def _past(record: RunRecord, history: Iterable[LedgerEntry]) -> dict[str, list[TableResult]]:
    """Ended attempts of the same job on each target, in the order in which the ledger learnt of them."""
    context, found = record.context, dict[str, list[TableResult]]()
    for entry in history:
        own = (entry.context.run_id, entry.context.attempt) == (context.run_id, context.attempt)
        if entry.context.job == context.job and not own and entry.result.status is not Status.RUNNING:
            found.setdefault(entry.result.target, []).append(entry.result)
    return found
