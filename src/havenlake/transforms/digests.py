"""Sums over a snapshot's rows by range of keys, in the JVM alone: what `privacy.digests` seals and compares.

A row enters with the same values as in the row hash, so two snapshots with equal row hashes have equal sums.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.privacy.digests import ONE_BUCKET
from havenlake.transforms._columns import Transform, column
from havenlake.transforms._values import to_hash

_MASK_BITS = 62
_SECOND_SEED = -7046029254386353131


def bucket_sums(identity: str | None, shift: int, *more: Column) -> Transform:
    """One row for each bucket: `bucket`, `rows`, the exclusive ors `first` and `second` of row hashes, and `more`.

    | id | message | | bucket | rows | first | second |
    |---|---|---|---|---|---|---|
    | 1 | hi | → | 0 | 2 | -5213… | 8841… |
    | 2 | NULL | | | | | |

    `identity` is a single integer column; without one (None) all rows fall into bucket 0. A NULL identity is a bucket
    of its own, NULL. The sums are not secret-keeping: they must be sealed before they are stored.
    """

    def transform(df: DataFrame) -> DataFrame:
        values = [_hashed(field) for field in df.schema.fields]
        masks = [_null_mask(df, start) for start in range(0, len(df.columns), _MASK_BITS)]
        one = identity is None or shift >= ONE_BUCKET
        bucket = F.lit(0).cast("bigint") if one else F.shiftright(column(str(identity)).cast("bigint"), shift)
        return df.groupBy(bucket.alias("bucket")).agg(
            F.count(F.lit(1)).alias("rows"),
            F.bit_xor(F.xxhash64(*masks, *values)).alias("first"),
            F.bit_xor(F.xxhash64(F.lit(_SECOND_SEED), *values, *masks)).alias("second"),
            *more,
        )

    return transform


def _hashed(field: T.StructField) -> Column:
    """xxhash64 takes 0.0 for -0.0, and one NaN for any; as text they are what the row hash sees."""
    value = to_hash(field.name, field.dataType)
    return value.cast("string") if isinstance(field.dataType, (T.FloatType, T.DoubleType)) else value


def _null_mask(df: DataFrame, start: int) -> Column:
    """Which of up to 62 columns are NULL, as bits: xxhash64 itself passes over NULLs."""
    names = df.columns[start : start + _MASK_BITS]
    bits = [F.shiftleft(column(name).isNull().cast("bigint"), i) for i, name in enumerate(names)]
    while len(bits) > 1:  # by pairs: a chain of 62 is deeper than Spark Connect takes
        bits = [reduce(lambda a, b: a.bitwiseOR(b), bits[i : i + 2]) for i in range(0, len(bits), 2)]
    return bits[0]
