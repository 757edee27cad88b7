"""Ledger entries for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from havenlake.records import ErrorInfo, LedgerEntry, Mode, RowCounts, RunContext, Status, TableResult

START = datetime(2026, 1, 31, 23, 59, 59, 123_456, UTC)
CONTEXT = RunContext(
    run_id="run-1",
    attempt=3,
    job="full_load_job",
    app_name="full_load_job",
    stage="raw_to_landing",
    workspace="ctl-dev",
    environment="dev",
    country="US",
    zone="us",
    layer="bronze",
    config_fingerprint="0123456789abcdef",
    code_version="0.1.0",
)
FULL = TableResult(
    table="platformdb.message",
    target="ctl_dev_bronze.platformdb.message",
    status=Status.FAILED,
    mode=Mode.FULL_COMPARE,
    started_at=START,
    finished_at=START + timedelta(minutes=2),
    source="s3://bucket/ünï",
    source_position="export-7",
    contract_fingerprint="fedcba9876543210",
    counts=RowCounts(1, 2, 3, 4, 5, 6, 7, 8, 2**62),
    max_event_time=datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
    version_before=0,
    version_after=2**40,
    error=ErrorInfo("HL-SRC-002", "file 'a' is damaged\nand 'b' too", "write it again", "aabbccdd"),
    notes=("first", "", 'it\'s the "third"'),
    schema='{"type":"struct","fields":[]}',
    canary_recall=0.998,
    digest="AQxb",
)


def entry(at: int, target: str = "a", status: Status = Status.SUCCEEDED, **context: Any) -> LedgerEntry:
    """An entry recorded `at` minutes after the start."""
    result = TableResult(f"platformdb.{target}", f"lake.platformdb.{target}", status)
    return LedgerEntry(START + timedelta(minutes=at), replace(CONTEXT, **context), result)
