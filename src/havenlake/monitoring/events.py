"""Records to events: one for a run's end, one for each new cause of failure, one for each recovery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from havenlake.monitoring.causes import Cause, causes, recovered
from havenlake.monitoring.points import RESIDENCY, logical_name
from havenlake.monitoring.signals import Event, EventKind, Level
from havenlake.records import LedgerEntry, RunContext, RunRecord, Status, TableResult


def run_events(record: RunRecord, history: Sequence[LedgerEntry]) -> tuple[Event, ...]:
    """Events of one attempt; a cause that the ledger knows already makes none."""
    return tuple(_run_events(record, history))


def _run_events(record: RunRecord, history: Sequence[LedgerEntry]) -> Iterator[Event]:
    at = _end(record)
    for cause in causes(record, history):
        if cause.error.code.startswith(RESIDENCY):
            yield _violation(record, cause, at)
        if not cause.known:
            yield _failure(record, cause, at)
    for result in (r for r in record.tables if r.counts.foreign):
        yield _kept_out(record, result, at)
    for result in recovered(record, history):
        yield _recovery(record, result, at)
    yield _finished(record, at)


def _failure(record: RunRecord, cause: Cause, at: datetime) -> Event:
    names = tables_of(cause.results)
    verb = "refused" if cause.status is Status.REFUSED else "died" if cause.status is Status.ABANDONED else "failed"
    title = f"{record.context.workspace}: {names} {verb}"
    hint = f" Hint: {cause.error.hint}" if cause.error.hint else ""
    fields = (
        *_fields(record.context),
        ("table", names),
        ("status", str(cause.status)),
        ("error_code", cause.error.code),
    )
    text = f"{cause.error.code} {cause.error.message}.{hint}"
    key = f"{record.context.workspace}/{record.context.job}/{cause.error.fingerprint}"
    return Event(EventKind.TABLE_FAILED, at, "error", title, text, key, fields)


def _violation(record: RunRecord, cause: Cause, at: datetime) -> Event:
    names = tables_of(cause.results)
    title = f"{record.context.workspace}: rows of zone {record.context.zone} would have left it ({names})"
    fields = (*_fields(record.context), ("table", names), ("error_code", cause.error.code))
    key = f"{record.context.workspace}/residency/{cause.error.fingerprint}"
    text = f"{cause.error.code} {cause.error.message}. Nothing was written."
    return Event(EventKind.RESIDENCY_VIOLATION, at, "error", title, text, key, fields)


def _kept_out(record: RunRecord, result: TableResult, at: datetime) -> Event:
    name, rows = logical_name(result.target), result.counts.foreign
    fields = (*_fields(record.context), ("table", name), ("error_code", f"{RESIDENCY}001"), ("rows", str(rows)))
    title = f"{record.context.workspace}: {rows} rows of {name} do not belong to zone {record.context.zone}"
    text = "They were kept out and are listed in the quarantine without their content; the load went on."
    key = f"{record.context.workspace}/residency/{name}"
    return Event(EventKind.RESIDENCY_VIOLATION, at, "error", title, text, key, fields)


def _recovery(record: RunRecord, result: TableResult, at: datetime) -> Event:
    name = logical_name(result.target)
    fields = (*_fields(record.context), ("table", name), ("status", str(result.status)))
    title = f"{record.context.workspace}: {name} is well again"
    key = f"{record.context.workspace}/{record.context.job}/{name}"
    return Event(EventKind.TABLE_RECOVERED, at, "info", title, f"{name} loaded after it had failed.", key, fields)


def _finished(record: RunRecord, at: datetime) -> Event:
    tally: dict[str, int] = {}
    for result in record.tables:
        tally[str(result.status)] = tally.get(str(result.status), 0) + 1
    told = ", ".join(f"{n} {status}" for status, n in sorted(tally.items())) or "no table"
    seconds = (record.finished_at - record.started_at).total_seconds()
    fields = (*_fields(record.context), ("status", str(record.status)), ("tables", str(len(record.tables))))
    level: Level = "info" if record.status.good else "error"
    title = f"{record.context.workspace}: {record.context.job} {record.status}"
    text = f"{told} in {max(seconds, 0):.0f} s"
    key = f"{record.context.workspace}/{record.context.job}"
    return Event(EventKind.RUN_FINISHED, at, level, title, text, key, fields)


def tables_of(results: Sequence[TableResult]) -> str:
    """Logical names, in order, each once."""
    return ", ".join(sorted({logical_name(r.target) for r in results}))


def _fields(context: RunContext) -> tuple[tuple[str, str], ...]:
    return (
        ("instance", context.workspace),
        ("zone", context.zone),
        ("env", context.environment),
        ("layer", context.layer),
        ("job", context.job),
        ("run", context.run_id),
        ("attempt", str(context.attempt)),
    )


def _end(record: RunRecord) -> datetime:
    return max((t.finished_at for t in record.tables if t.finished_at), default=record.finished_at)
