"""The metrics contract: every metric Havenlake emits, with its unit and tags.

Tags never hold anything about a person, and never a run id (its cardinality would grow without bound).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

COMMON_TAGS = ("instance", "zone", "env", "layer", "table")


@dataclass(frozen=True)
class Metric:
    """One metric: dotted name, kind, unit, tags beside none other, and meaning."""

    name: str
    kind: Literal["count", "gauge"]
    unit: str
    description: str
    tags: tuple[str, ...] = COMMON_TAGS


METRICS: tuple[Metric, ...] = (
    Metric("havenlake.table.runs", "count", "run", "table tasks ended, by status", (*COMMON_TAGS, "status")),
    Metric("havenlake.table.rows_in", "count", "row", "source rows read"),
    Metric("havenlake.table.rows_out", "count", "row", "rows of the target inserted, updated, deleted or returned"),
    Metric("havenlake.table.rows_quarantined", "count", "row", "source rows quarantined"),
    Metric("havenlake.table.values_nulled", "count", "value", "scrubbing values written as NULL"),
    Metric("havenlake.table.duration", "gauge", "second", "duration of a table task"),
    Metric(
        "havenlake.table.freshness_ratio",
        "gauge",
        "fraction",
        "age divided by its objective; age is 'load' or 'event'",
        (*COMMON_TAGS, "age"),
    ),
    Metric(
        "havenlake.table.age",
        "gauge",
        "second",
        "time since the last good load, or since the newest event; hours of the table's calendar only",
        (*COMMON_TAGS, "age"),
    ),
    Metric(
        "havenlake.table.volume_breach",
        "gauge",
        "flag",
        "1 when the last snapshot's rows lie outside the volume objective, else 0",
    ),
    Metric(
        "havenlake.run.heartbeat",
        "count",
        "run",
        "runs that ended, by job",
        ("instance", "zone", "env", "job", "status"),
    ),
    Metric("havenlake.table.schema_drift", "count", "column", "columns added, removed or changed"),
    Metric("havenlake.residency.violations", "count", "row", "rows or places outside the zone"),
    Metric(
        "havenlake.keys.values",
        "gauge",
        "value",
        "rows that hold a value sealed under the key",
        (*COMMON_TAGS, "key_id"),
    ),
    Metric(
        "havenlake.scrub.canary_recall", "gauge", "fraction", "planted identifiers masked", ("instance", "zone", "env")
    ),
    Metric(
        "havenlake.telemetry.dropped",
        "count",
        "signal",
        "points and events that did not fit into a sink's queue; they are replayed",
        ("instance", "zone", "env", "job", "sink"),
    ),
)
