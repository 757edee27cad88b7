"""Quarantine: where rejected source rows are named, never kept.

An entry holds the identity (only where it is not free text), a keyed token of it, the rule that rejected the
row and its position in the source. The payload stays in the source. Of a row that may not lie in this zone there is
the token alone, and the zone it belongs to where that is known.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.names import TableName, quoted
from havenlake.transforms.countries import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pyspark.sql import Column, DataFrame

    from havenlake.records import RunContext
    from havenlake.tables.store import DeltaStore

_TEXT_TYPES = ("string", "binary", "varchar", "char")
WRONG_COUNTRY, UNKNOWN_COUNTRY = "country_elsewhere", "country_unknown"


def quarantine_name(operations_catalog: str) -> TableName:
    """Where an instance keeps its quarantine."""
    return TableName(operations_catalog, "havenlake", "quarantine")


def quarantine_rows(
    rejected: DataFrame, identity: Sequence[str], context: RunContext, target: TableName, source: str, at: datetime
) -> DataFrame:
    """Entries for rejected rows, which carry `_rule`, `_source_position`, `_identity_token` and perhaps `FOREIGN`."""
    shown = [c for c in identity if not rejected.schema[c].dataType.simpleString().startswith(_TEXT_TYPES)]
    named = F.to_json(F.struct(*[F.col(quoted(c)).alias(c) for c in shown])) if shown else F.lit(None).cast("string")
    zone: Column = F.lit(None).cast("string")
    if FOREIGN in rejected.columns:
        zone = F.nullif(F.col(FOREIGN), F.lit(""))
        named = F.when(F.col(FOREIGN).isNull(), named)
    return rejected.select(
        F.lit(at).alias("recorded_at"),
        F.lit(context.run_id).alias("run_id"),
        F.lit(context.attempt).alias("attempt"),
        F.lit(context.job).alias("job"),
        F.lit(str(target)).alias("target"),
        F.col("_rule").alias("rule"),
        named.alias("identity"),
        F.col("_identity_token").alias("identity_token"),
        F.lit(source).alias("source"),
        F.col("_source_position").alias("source_position"),
        zone.alias("zone"),
    )


def append_quarantine(
    store: DeltaStore,
    name: TableName,
    entries: DataFrame,
    lock: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Append entries in one commit."""
    with lock():
        store.append(name, entries)
