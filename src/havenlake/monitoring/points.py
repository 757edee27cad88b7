"""Records to points: one table's outcome, one run's end, one table's age. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from havenlake.config.drift import column_drift, schema_columns
from havenlake.monitoring.signals import Point, point
from havenlake.names import TableName
from havenlake.records import RunContext, RunRecord, TableResult

RESIDENCY = "HL-RES-"


def logical_name(target: str) -> str:
    """The table's name in all layers; what is not of three levels stays as it is.

    >>> logical_name("ctl_prod_bronze.platformdb.message")
    'platformdb.message'
    """
    return TableName.parse(target).asset if target.count(".") >= 2 and "/" not in target else target


def common_tags(context: RunContext, target: str) -> dict[str, str]:
    """The tags of a metric about a table."""
    return {**instance_tags(context), "layer": context.layer, "table": logical_name(target)}


def instance_tags(context: RunContext) -> dict[str, str]:
    """The tags of a metric about an instance."""
    return {"instance": context.workspace, "zone": context.zone, "env": context.environment}


def table_points(context: RunContext, result: TableResult, before: TableResult | None) -> tuple[Point, ...]:
    """Points about the end of one table task; `before` is the table's last good one, against which drift is told."""
    return tuple(_table_points(context, result, before))


def _table_points(context: RunContext, result: TableResult, before: TableResult | None) -> Iterator[Point]:
    at = result.finished_at or result.started_at
    if at is None:
        return
    tags = common_tags(context, result.target)
    yield point("havenlake.table.runs", 1, at, **tags, status=result.status)
    if result.seconds is not None:
        yield point("havenlake.table.duration", max(result.seconds, 0.0), at, **tags)
    if result.status.good:
        yield point("havenlake.table.rows_in", result.counts.read, at, **tags)
        yield point("havenlake.table.rows_out", result.counts.changed, at, **tags)
        yield point("havenlake.table.rows_quarantined", result.counts.quarantined, at, **tags)
        yield point("havenlake.table.values_nulled", result.counts.nulled, at, **tags)
    if drifted := drifted_columns(before.schema if before else "", result.schema):
        yield point("havenlake.table.schema_drift", drifted, at, **tags)
    if broken := violations(result):
        yield point("havenlake.residency.violations", broken, at, **tags)


def violations(result: TableResult) -> int:
    """Rows of another zone that were kept out, and a refusal of the whole table as one."""
    refused = result.error is not None and result.error.code.startswith(RESIDENCY)
    return result.counts.foreign + int(refused)


def drifted_columns(before: str, after: str) -> int:
    """How many columns differ between two schemas recorded as JSON; 0 where one is not known."""
    old, new = schema_columns(before), schema_columns(after)
    return len(column_drift(old, new)) if old is not None and new is not None else 0


def run_points(record: RunRecord) -> tuple[Point, ...]:
    """The heartbeat of a run, and the worst recall of its scrubber on canaries.

    Their time is that of the last table's end, which the ledger knows too: sent again they are the same points.
    """
    ends = [t.finished_at for t in record.tables if t.finished_at]
    tags = instance_tags(record.context)
    at = max(ends, default=record.finished_at)
    beat = point("havenlake.run.heartbeat", 1, at, **tags, job=record.context.job, status=record.status)
    recalls = [t.canary_recall for t in record.tables if t.canary_recall is not None]
    return (beat, point("havenlake.scrub.canary_recall", min(recalls), at, **tags)) if recalls else (beat,)
