"""Sums over a snapshot's rows by range of keys, in the JVM alone: what `privacy.digests` seals and compares.

A row enters with the same values as in the row hash, so two snapshots with equal row hashes have equal sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.privacy.digests import ONE_BUCKET
from havenlake.transforms._columns import Transform, column
from havenlake.transforms._values import to_hash

_MASK_BITS = 62
_WORD = 6
"""64 neighbouring keys are the bits of one word."""
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
        one = identity is None or shift >= ONE_BUCKET
        bucket = F.lit(0).cast("bigint") if one else F.shiftright(column(str(identity)).cast("bigint"), shift)
        return df.groupBy(bucket.alias("bucket")).agg(*_sums(df), *more)

    return transform


def distinct_bucket_sums(
    identity: Sequence[str], numbered: str | None, shift: int, *largest: Column, without: Sequence[str] = ()
) -> Transform:
    """As `bucket_sums`, then `distinct`, the number of different identities without a NULL, and maxima of `largest`.

    | id | message | | bucket | rows | first | second | distinct |
    |---|---|---|---|---|---|---|---|
    | 1 | hi | → | 0 | 2 | -5213… | 8841… | 1 |
    | 1 | ho | | | | | | |

    Columns of `without` are in no sum. Where the identity is one integer (`numbered`), neighbours are counted as bits
    of a word, so that nearly all rows are summed up before anything is exchanged.
    """

    def transform(df: DataFrame) -> DataFrame:
        one = numbered is None or shift >= ONE_BUCKET
        low = min(_WORD, shift)
        keys, bit = _word(numbered, low) if numbered is not None else _whole(identity)
        maxima = [F.max(value).alias(f"largest{i}") for i, value in enumerate(largest)]
        words = df.groupBy(*[key.alias(f"key{i}") for i, key in enumerate(keys)]).agg(
            *_sums(df.drop(*without)), F.bit_or(bit).alias("seen"), *maxima
        )
        bucket = F.lit(0).cast("bigint") if one else F.shiftright("key0", shift - low)
        return words.groupBy(bucket.alias("bucket")).agg(
            F.sum("rows").alias("rows"),
            F.bit_xor("first").alias("first"),
            F.bit_xor("second").alias("second"),
            F.sum(F.bit_count("seen")).alias("distinct"),
            *[F.max(f"largest{i}").alias(f"largest{i}") for i in range(len(maxima))],
        )

    return transform


def _sums(df: DataFrame) -> list[Column]:
    values = [_hashed(field) for field in df.schema.fields]
    masks = [_null_mask(df, start) for start in range(0, len(df.columns), _MASK_BITS)]
    return [
        F.count(F.lit(1)).alias("rows"),
        F.bit_xor(F.xxhash64(*masks, *values)).alias("first"),
        F.bit_xor(F.xxhash64(F.lit(_SECOND_SEED), *values, *masks)).alias("second"),
    ]


def _word(numbered: str, low: int) -> tuple[list[Column], Column]:
    """The word of a key, and its bit in it; both NULL for a NULL."""
    key = column(numbered).cast("bigint")
    place = key.bitwiseAND(F.lit((1 << _WORD) - 1).cast("bigint")).cast("int")
    return [F.shiftright(key, low)], F.call_function("shiftleft", F.lit(1).cast("bigint"), place)


def _whole(identity: Sequence[str]) -> tuple[list[Column], Column]:
    """The identity itself, and the one bit of it; none where a part is NULL."""
    parts = [column(name) for name in identity]
    missing = reduce(lambda a, b: a | b, [part.isNull() for part in parts])
    return parts, F.when(missing, 0).otherwise(1).cast("bigint")


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
