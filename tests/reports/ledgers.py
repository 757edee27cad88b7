"""Ledger entries made by hand, for the tests of reports."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from havenlake.records import (
    ErrorInfo,
    LedgerEntry,
    Mode,
    RowCounts,
    RunContext,
    RunRecord,
    Status,
    TableResult,
)

NOW = datetime(2026, 3, 14, 12, 44, tzinfo=UTC)
CONTEXT = RunContext(
    run_id="run-1",
    attempt=1,
    job="full_load_job",
    app_name="full_load_job",
    stage="raw_to_landing",
    workspace="ctl-dev",
    environment="dev",
    country="US",
    zone="us",
    layer="bronze",
    config_fingerprint="c0ffee00112233",
    code_version="0.1.0",
)
BROKEN = ErrorInfo(
    "HL-SRC-002", "file part-0.parquet cannot be read", "remove the file or export the table again", "f1"
)
HELD = ErrorInfo("HL-RUN-002", "held by run-0", "wait for it", "f2")


def minutes(n: float) -> datetime:
    """Minutes before NOW."""
    return NOW - timedelta(minutes=n)


def target(table: str, layer: str = "bronze") -> str:
    return f"ctl_dev_{layer}.platformdb.{table}"


def schema(**columns: Any) -> str:
    """A Spark schema as JSON: `schema(id="long", name="string")`."""
    fields = [{"name": k, "type": v, "nullable": True, "metadata": {}} for k, v in columns.items()]
    return json.dumps({"type": "struct", "fields": fields})


def entry(
    recorded: datetime,
    status: Status = Status.SUCCEEDED,
    *,
    table: str = "message",
    context: RunContext = CONTEXT,
    seconds: float = 6.0,
    **result: Any,
) -> LedgerEntry:
    """One ledger row; a settled one ends when it is recorded."""
    ended = None if status in (Status.RUNNING, Status.ABANDONED) else recorded
    started = recorded if ended is None else recorded - timedelta(seconds=seconds)
    if status in (Status.FAILED, Status.REFUSED):
        result.setdefault("error", BROKEN)
    name = result.pop("target", target(table, context.layer))
    made = TableResult(table, name, status, started_at=started, finished_at=ended, **result)
    return LedgerEntry(recorded, context, made)


def run(run_id: str, attempt: int = 1, **changed: Any) -> RunContext:
    """The context of another run."""
    return replace(CONTEXT, run_id=run_id, attempt=attempt, **changed)


def record(*tables: TableResult, context: RunContext = CONTEXT) -> RunRecord:
    return RunRecord(context, minutes(3), minutes(2), tables)


def result(table: str, status: Status = Status.SUCCEEDED, counts: RowCounts | None = None, **more: Any) -> TableResult:
    times = {"started_at": minutes(3), "finished_at": minutes(2.9)}
    mode = more.pop("mode", Mode.COMPARE)
    return TableResult(table, target(table), status, mode, counts=counts or RowCounts(), **{**times, **more})
