"""The framework columns that say when, by which run and from where a row was loaded."""

from __future__ import annotations

from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from havenlake.transforms._columns import Transform, check_new, rebuilt

_NAMES = ("_loaded_at", "_run_id", "_source", "_deleted_at")


def with_ingest_metadata(run_id: str, source: str, loaded_at: datetime) -> Transform:
    """Add `_loaded_at` (timestamp), `_run_id`, `_source` (string) and `_deleted_at` (timestamp, NULL).

    | id | | id | _loaded_at | _run_id | _source | _deleted_at |
    |---|---|---|---|---|---|---|
    | 1 | → | 1 | 2026-01-31 12:00:00 | r-1 | export-7 | NULL |

    `loaded_at` is one instant for the whole run and must know its time zone.
    """
    if loaded_at.tzinfo is None:
        raise ValueError("loaded_at must be timezone-aware")
    since = loaded_at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def transform(df: DataFrame) -> DataFrame:
        check_new(df, _NAMES, source)
        # From microseconds, because a literal of a Python datetime would pass through the driver's time zone.
        values = (
            F.timestamp_micros(F.lit(micros).cast("bigint")),
            F.lit(run_id).cast("string"),
            F.lit(source).cast("string"),
            F.lit(None).cast("timestamp"),
        )
        return rebuilt(df, {}, [value.alias(name) for value, name in zip(values, _NAMES, strict=True)])

    return transform
