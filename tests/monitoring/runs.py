"""Runs for the tests of monitoring: a telemetry of a configured workspace, without Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from havenlake.config import load_project
from havenlake.monitoring import Dispatcher, Sink
from havenlake.records import Delivery, LedgerEntry, RunContext, RunRecord, Status, TableResult
from havenlake.runner.telemetry import Telemetry
from havenlake.runtime.clock import FixedClock
from tests.reports.ledgers import CONTEXT, NOW

PROJECT = load_project(Path(__file__).parents[2])
DEV = PROJECT.workspace("ctl-dev")
JOB = DEV.job("full_load_job")


class Memory:
    """Deliveries kept in memory."""

    def __init__(self) -> None:
        self.rows: list[Delivery] = []

    def of_job(self, job: str, since: Any) -> tuple[Delivery, ...]:
        return tuple(d for d in self.rows if d.job == job and d.recorded_at >= since)

    def append(self, deliveries: Sequence[Delivery]) -> None:
        self.rows.extend(deliveries)


def tell(
    record: RunRecord,
    sinks: Mapping[str, Callable[[], Sink]],
    *,
    history: Sequence[LedgerEntry] = (),
    deliveries: Any = None,
    seconds: float = 10,
    queue: int = 10_000,
) -> Memory:
    """Tell a finished run to sinks as the runner does; what the ledger and the deliveries knew before is given."""
    kept = Memory() if deliveries is None else deliveries
    monitoring = DEV.vars.monitoring.model_copy(update={"deadline": timedelta(seconds=seconds)})
    facts = DEV.vars.model_copy(update={"monitoring": monitoring})
    environment: Any = SimpleNamespace(
        workspace=replace(DEV, vars=facts),
        job=JOB,
        context=record.context,
        clock=FixedClock(record.finished_at),
        history=tuple(history),
        assets=DEV.assets_of(JOB),
    )
    telemetry = Telemetry(environment, Dispatcher(sinks, queue), kept)
    for result in record.tables:
        telemetry.table_finished(result)
    telemetry.finished(record)
    telemetry.close()
    return kept


def told_by(record: RunRecord) -> list[LedgerEntry]:
    """A run as its ledger events."""
    return [
        *(
            LedgerEntry(record.started_at, record.context, replace(t, status=Status.RUNNING, finished_at=None))
            for t in record.tables
        ),
        *(LedgerEntry(t.finished_at or record.finished_at, record.context, t) for t in record.tables),
    ]


def run(run_id: str, *tables: TableResult, attempt: int = 1, at: Any = NOW) -> RunRecord:
    context: RunContext = replace(CONTEXT, run_id=run_id, attempt=attempt)
    return RunRecord(context, min((t.started_at for t in tables if t.started_at), default=at), at, tables)
