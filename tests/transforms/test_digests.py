"""Sums by bucket: whatever changes a row hash changes a sum, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from havenlake.privacy.digests import ONE_BUCKET
from havenlake.transforms import bucket_sums, distinct_bucket_sums

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.engines

SCHEMA = (
    "id bigint, a string, b string, n int, x double, d decimal(12,2), t timestamp, y binary, o boolean, "
    "l array<string>, s struct<p: int, q: string>"
)
ROW: dict[str, Any] = {
    "id": 1,
    "a": "hi",
    "b": "",
    "n": 7,
    "x": 0.0,
    "d": Decimal("1.10"),
    "t": datetime(2026, 1, 1, 0, 0, 0, 123456, UTC),
    "y": b"\x00",
    "o": True,
    "l": ["a", None],
    "s": (1, None),
}
OTHERS: list[dict[str, Any]] = [
    {"a": "hi "},
    {"a": None},
    {"b": None},
    {"a": "", "b": "hi"},
    {"a": None, "b": "hi"},
    {"n": 8},
    {"n": None},
    {"x": -0.0},
    {"x": float("nan")},
    {"d": Decimal("1.11")},
    {"t": datetime(2026, 1, 1, 0, 0, 0, 123457, UTC)},
    {"y": b""},
    {"o": False},
    {"l": [None, "a"]},
    {"l": ["a"]},
    {"l": ["a, null"]},
    {"s": (None, "1")},
    {"s": None},
]


def sums(rows: DataFrame, identity: str | None = "id", shift: int = 12) -> dict[int | None, tuple[int, int, int]]:
    return {r[0]: (r[1], r[2], r[3]) for r in rows.transform(bucket_sums(identity, shift)).collect()}


def test_every_difference_of_a_row_shows_in_both_sums(spark: SparkSession) -> None:
    rows = [ROW, *({**ROW, **other} for other in OTHERS)]
    frame = spark.createDataFrame([tuple({**r, "id": i << 12}.values()) for i, r in enumerate(rows)], SCHEMA)
    found = sums(frame.select(F.lit(1).cast("bigint").alias("id"), *frame.columns[1:], F.col("id").alias("_at")), None)
    assert len(found) == 1
    alike = [
        sums(frame.where(f"id = {i << 12}").withColumn("id", F.lit(1).cast("bigint")))[0] for i in range(len(rows))
    ]
    assert len({one[1] for one in alike}) == len({one[2] for one in alike}) == len(rows)


def test_buckets_cut_the_keys_and_the_order_of_rows_does_not_matter(spark: SparkSession) -> None:
    rows = [(i, f"text {i}") for i in (-4097, -1, 0, 4095, 4096)] + [(None, "nobody")]
    frame = spark.createDataFrame(rows, "id bigint, a string")
    found = sums(frame)
    assert {bucket: n for bucket, (n, _, _) in found.items()} == {-2: 1, -1: 1, 0: 2, 1: 1, None: 1}
    assert sums(spark.createDataFrame(rows[::-1], "id bigint, a string").repartition(3)) == found
    assert {k: v[0] for k, v in sums(frame, shift=ONE_BUCKET).items()} == {0: 6}


def test_a_hundred_columns_have_their_nulls_told_apart(spark: SparkSession) -> None:
    columns = [F.lit(None).cast("int").alias(f"c{i}") for i in range(100)]
    base = spark.range(1).select("id", *columns)
    seen = {sums(base)[0]}
    for place in (0, 61, 62, 99):
        seen.add(sums(base.withColumn(f"c{place}", F.lit(5)))[0])
    assert len(seen) == 5


def test_more_aggregates_ride_along(spark: SparkSession) -> None:
    rows = spark.range(10).transform(bucket_sums("id", 12, F.max("id").alias("most"))).collect()
    assert [(r["rows"], r["most"]) for r in rows] == [(10, 9)]


@pytest.mark.parametrize("shift", [2, 12, ONE_BUCKET])
def test_identities_are_counted_with_the_same_sums(spark: SparkSession, shift: int) -> None:
    ids = [-(2**63), -4097, -65, -64, -1, -1, 0, 63, 64, 64, 64, 4095, 4096, 2**63 - 1]
    frame = spark.createDataFrame([(i, f"text {n}") for n, i in enumerate(ids)], "id bigint, a string")
    found = frame.repartition(3).transform(distinct_bucket_sums(["id"], "id", shift, F.length("a"))).collect()
    assert {row[0]: row[1:4] for row in found} == sums(frame, shift=shift)
    buckets = [0 if shift == ONE_BUCKET else i >> shift for i in set(ids)]
    assert {row["bucket"]: row["distinct"] for row in found} == {b: buckets.count(b) for b in buckets}
    assert max(row["largest0"] for row in found) == len("text 10")


def test_identities_of_several_columns_are_counted_and_incomplete_ones_are_not(spark: SparkSession) -> None:
    rows = [("a", 1), ("a", 2), ("a", 2), ("", 1), (None, 1), ("a", None)]
    frame = spark.createDataFrame(rows, "`a.b` string, n int")
    (found,) = frame.repartition(2).transform(distinct_bucket_sums(["a.b", "n"], None, 12)).collect()
    assert (found["rows"], found["distinct"]) == (6, 3)
    assert {0: found[1:4]} == sums(frame, None)
    nameless = spark.createDataFrame([(None,), (1,)], "id bigint")
    counted = nameless.transform(distinct_bucket_sums(["id"], "id", ONE_BUCKET)).collect()
    assert [(row["rows"], row["distinct"]) for row in counted] == [(2, 1)]
