"""Choosing and ordering columns."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from havenlake.transforms._columns import Transform, check_columns, column


def project(columns: Sequence[str], asset: str = "projection") -> Transform:
    """Keep exactly these columns, in this order; HL-TBL-004 where one is missing.

    | id | message | status | | status | id |
    |---|---|---|---|---|---|
    | 1 | hi | sent | → | sent | 1 |
    """

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, columns, asset)
        return df.select(*map(column, columns))

    return transform


def without(columns: Sequence[str]) -> Transform:
    """Leave these columns out; one that the frame does not have is no error.

    | id | message | | id |
    |---|---|---|---|
    | 1 | hi | → | 1 |
    """
    left_out = frozenset(columns)

    def transform(df: DataFrame) -> DataFrame:
        return df.select(*(column(name) for name in df.columns if name not in left_out))

    return transform
