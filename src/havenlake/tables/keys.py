"""Compare keys: which identities of a snapshot are new, changed, vanished, returned, repeated or in conflict.

Pure functions on frames of identities and hashes; no clear text takes part. A key frame has the identity
columns under their own names, `ROWS` (source rows of the key), and `OP`: I, U, R, D, M as in `merge`, Q for a key
whose source rows contradict each other, NULL where nothing is to be done.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, ShortType

from havenlake.names import quoted
from havenlake.tables.merge import OP, KeyRange
from havenlake.transforms.countries import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

ROWS = "_havenlake_rows"
LIVE = "_havenlake_live"
_HIT, _KEY = "_havenlake_hit", "_havenlake_key"
DIFFERS = f"{OP} IN ('I', 'U', 'R', 'D', 'M')"


def columns(names: Sequence[str]) -> list[Column]:
    """Columns by exact name, dots included."""
    return [F.col(quoted(n)) for n in names]


def identity_missing(identity: Sequence[str]) -> Column:
    """True where any identity column is NULL."""
    return reduce(lambda a, b: a | b, [c.isNull() for c in columns(identity)])


def restricted(rows: DataFrame, keys: DataFrame, identity: Sequence[str], how: str, *, few: bool = True) -> DataFrame:
    """Rows whose identity is (`left_semi`) or is not (`left_anti`) among the keys.

    Few keys are broadcast and the rows stay where they are; otherwise the rows may cross an exchange.
    """
    renamed = keys.select(*[c.alias(f"{_KEY}{i}") for i, c in enumerate(columns(identity))])
    return rows.join(F.broadcast(renamed) if few else renamed, equal([quoted(c) for c in identity], _KEY), how)


def joined(rows: DataFrame, keys: DataFrame, identity: Sequence[str], *, inside: bool) -> DataFrame:
    """As `restricted`, for many keys: both sides are exchanged, so the rows must hold no clear text by now.

    An inner or outer join, because Spark would push a semi join below the encryption of the rows.
    """
    renamed = keys.select(*[c.alias(f"{_KEY}{i}") for i, c in enumerate(columns(identity))], F.lit(1).alias(_HIT))
    found = rows.join(renamed, equal([quoted(c) for c in identity], _KEY), "inner" if inside else "left")
    return (found if inside else found.where(F.col(_HIT).isNull())).select(*columns(rows.columns))


def counted(rows: DataFrame, identity: Sequence[str], hash_column: str) -> DataFrame:
    """One row per identity of the source: its number of rows, smallest and largest hash (see `short`)."""
    keyed = _keyed(rows.where(~identity_missing(identity)), identity, short(hash_column).alias("_h"))
    grouped = keyed.groupBy(*[f"_k{i}" for i in range(len(identity))])
    return grouped.agg(F.count(F.lit(1)).alias(ROWS), F.min("_h").alias("_low"), F.max("_h").alias("_high"))


def short(hash_column: str) -> Column:
    """A keyed hash of 128 bits as one of 64, NULL for NULL: Spark groups numbers by hashing, bytes only by sorting.

    Only hashes of one and the same identity are compared, so a change is missed with a chance of 2^-64.
    """
    return F.when(F.col(hash_column).isNotNull(), F.xxhash64(hash_column))


def compared(
    source: DataFrame,
    target: DataFrame,
    identity: Sequence[str],
    hash_column: str,
    gone: Column,
    *,
    delete_missing: bool,
    one_task: bool = False,
) -> DataFrame:
    """Hold the source's rows against the target's, of which `gone` tells the soft-deleted ones.

    Both are grouped by identity as one set of rows: a few bytes of each are exchanged and none are sorted, as a join
    would have it. Rows that `FOREIGN` marks count as absent. What the target holds of a key with no other rows has
    moved (M) where they belong to a known zone; where that is unknown it stays, as for any key that is set aside.
    """
    guarded = FOREIGN in source.columns
    number, flag = F.lit(None).cast("bigint"), F.lit(None).cast("boolean")
    own = F.col(FOREIGN).isNull() if guarded else F.expr("true")
    away = [F.when(~own, F.when(F.col(FOREIGN) == "", 1).otherwise(2)).alias("_f")] if guarded else []
    hashed = F.when(own, short(hash_column)) if guarded else short(hash_column)
    one = F.when(own, F.lit(1)) if guarded else F.lit(1)
    here = _keyed(source.where(~identity_missing(identity)), identity, one.alias("_n"), hashed.alias("_h"), *away)
    there = _keyed(target, identity, short(hash_column).alias("_t"), gone.alias("_gone"))
    keys = [f"_k{i}" for i in range(len(identity))]
    names, none = (["_f"], [F.lit(None).cast("int").alias("_f")]) if guarded else ([], [])
    here = here.select(*keys, "_n", "_h", number.alias("_t"), flag.alias("_gone"), *names)
    there = there.select(*keys, F.lit(None).cast("int").alias("_n"), number.alias("_h"), "_t", "_gone", *none)
    both = here.union(there)
    grouped = (
        (both.coalesce(1) if one_task else both)
        .groupBy(*keys)
        .agg(
            F.sum("_n").alias(ROWS),
            F.min("_h").alias("_low"),
            F.max("_h").alias("_high"),
            F.max("_t").alias("_t"),
            F.max("_gone").alias("_gone"),
            *[F.max(name).alias(name) for name in names],
        )
    )
    return grouped.select(
        *[F.col(key).alias(c) for key, c in zip(keys, identity, strict=True)],
        ROWS,
        _operation(delete_missing=delete_missing, guarded=guarded).alias(OP),
        F.coalesce(~F.col("_gone"), F.expr("false")).alias(LIVE),
    )


def _operation(*, delete_missing: bool, guarded: bool) -> Column:
    there = F.col("_gone").isNotNull()  # a row loaded before its `_checksum` was declared has no hash to go by
    vanished = (F.col(ROWS).isNull() & ~F.col("_gone")) if delete_missing else F.expr("false")
    held = there & (~F.col("_gone") | F.col("_t").isNotNull())  # a row that was emptied has lost its hash too
    aside = (F.col(ROWS).isNull() & F.col("_f").isNotNull()) if guarded else F.expr("false")
    moved = (aside & (F.col("_f") == 2) & held) if guarded else F.expr("false")
    return (
        F.when(moved, "M")
        .when(aside, None)
        .when(vanished, "D")
        .when(F.col(ROWS).isNull(), None)
        .when(F.col("_low") != F.col("_high"), "Q")
        .when(~there, "I")
        .when(F.col("_gone"), "R")
        .when(~F.col("_low").eqNullSafe(F.col("_t")), "U")
    )


def _keyed(rows: DataFrame, identity: Sequence[str], *others: Column) -> DataFrame:
    return rows.select(*[c.alias(f"_k{i}") for i, c in enumerate(columns(identity))], *others)


def conflicts(source: DataFrame, identity: Sequence[str]) -> DataFrame:
    """`counted` keys of a first load, marked Q where the rows of a key contradict each other."""
    op = F.when(F.col("_low") != F.col("_high"), "Q")
    return source.select(*[F.col(f"_k{i}").alias(c) for i, c in enumerate(identity)], ROWS, op.alias(OP))


def key_metrics(keys: DataFrame, identity: Sequence[str]) -> dict[str, Column]:
    """Everything a load must know about compared keys, as aggregates over one pass."""
    op, n = F.coalesce(F.col(OP), F.lit("")), F.col(ROWS)
    conflict = op == "Q"
    metrics = {
        "rows": F.sum(n),
        "keys": F.count(n),
        "live": F.count_if(F.col(LIVE)),
        "conflict_rows": F.sum(F.when(conflict, n)),
        "conflict_keys": F.count_if(conflict),
        "repeated_keys": F.count_if(~conflict & (n > 1)),
        "duplicates": F.sum(F.when(~conflict, n - 1)),
        "unchanged": F.count_if(n.isNotNull() & (op == "")),
        **{name: F.count_if(op == name) for name in "IURDM"},
    }
    return metrics | changed_range(keys, identity)


def changed_range(keys: DataFrame, identity: Sequence[str]) -> dict[str, Column]:
    """Aggregates `low` and `high` of the changed keys, where the identity is a single integer."""
    column = range_column(keys, identity)
    if column is None:
        return {}
    changed = F.when(F.expr(DIFFERS), F.col(quoted(column)))
    return {"low": F.min(changed), "high": F.max(changed)}


def whole_range(keys: DataFrame, identity: Sequence[str]) -> dict[str, Column]:
    """Aggregates `low` and `high` of all keys, where the identity is a single integer."""
    column = range_column(keys, identity)
    return {} if column is None else {"low": F.min(quoted(column)), "high": F.max(quoted(column))}


def wider(one: KeyRange | None, other: KeyRange | None) -> KeyRange | None:
    """The range that holds both; None for none."""
    if one is None or other is None:
        return one or other
    return KeyRange(one.column, min(one.low, other.low), max(one.high, other.high))


def key_range(keys: DataFrame, identity: Sequence[str], found: Mapping[str, Any]) -> KeyRange | None:
    """The range that `changed_range` found; None without a changed key or an integer identity."""
    column = range_column(keys, identity)
    if column is None or found.get("low") is None:
        return None
    return KeyRange(column, int(found["low"]), int(found["high"]))


def range_column(keys: DataFrame, identity: Sequence[str]) -> str | None:
    """The identity column if it is a single integer, whose changed range can bound a MERGE."""
    integers = (ShortType, IntegerType, LongType)
    if len(identity) == 1 and isinstance(keys.schema[identity[0]].dataType, integers):
        return identity[0]
    return None


def equal(left: Sequence[str], right: str) -> Column:
    """Join condition: the named columns equal `right` followed by their index."""
    return reduce(lambda a, b: a & b, [F.col(name) == F.col(f"{right}{i}") for i, name in enumerate(left)])
