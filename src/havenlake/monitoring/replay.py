"""Attempts whose telemetry a sink has not got, made anew from the ledger. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from havenlake.records import Delivery, LedgerEntry, RunRecord, Status

WINDOW = timedelta(hours=24)
"""How far back telemetry is told again; what is older stands in the ledger only."""
Key = tuple[str, int]


def due(
    sink: str, deliveries: Iterable[Delivery], history: Iterable[LedgerEntry], job: str, now: datetime
) -> tuple[RunRecord, ...]:
    """Ended attempts of a job that a sink is known to lack, the oldest first.

    A sink lacks what it has failed to deliver, and what ended without a word about it since the sink is in use: a
    process that was killed could not say so.
    """
    own = [d for d in deliveries if d.sink == sink and d.job == job]
    if not own:
        return ()
    done = {d.attempt_of for d in own if d.delivered}
    failed = {d.attempt_of for d in own} - done
    since = min(d.recorded_at for d in own)
    groups: dict[Key, list[LedgerEntry]] = {}
    for entry in history:
        if entry.context.job == job and now - entry.recorded_at < WINDOW:
            groups.setdefault((entry.context.run_id, entry.context.attempt), []).append(entry)
    wanted = (
        entries
        for key, entries in groups.items()
        if key not in done and (key in failed or entries[0].recorded_at >= since)
    )
    records = (record_of(entries) for entries in wanted)
    return tuple(r for r in records if all(t.status is not Status.RUNNING for t in r.tables))


def record_of(entries: list[LedgerEntry]) -> RunRecord:
    """One attempt as the ledger tells it: the last word on each table."""
    last = {e.result.target: e.result for e in entries}
    times = [e.recorded_at for e in entries]
    return RunRecord(entries[-1].context, min(times), max(times), tuple(last.values()))
