"""Tokens, identity, ingest metadata and projection."""

import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pyspark.sql import SparkSession

from havenlake.privacy import Binding, Keyring
from havenlake.transforms import (
    encrypt_columns,
    identity_missing,
    identity_text,
    identity_token,
    project,
    with_ingest_metadata,
    with_tokens,
    without,
)
from tests.transforms.conftest import code_of

pytestmark = pytest.mark.engines


def test_tokens_join_across_types_and_columns(spark: SparkSession, ring: Keyring) -> None:
    df = spark.sql("select '4155550100' as `Ph.one`, 4155550100L as number, cast(null as string) as other")
    out = df.transform(with_tokens(["Ph.one", "number", "other"], ring))
    assert out.columns == ["Ph.one", "number", "other", "Ph.one_token", "number_token", "other_token"]
    row = out.first()
    expected = hmac.new(ring.token_key(), b"4155550100", "sha256").hexdigest()[:32]
    assert row[3:] == (expected, expected, None)
    assert code_of(lambda: out.transform(with_tokens(["number"], ring))) == "HL-SRC-006"
    assert code_of(lambda: df.transform(with_tokens(["phone"], ring))) == "HL-TBL-004"


def test_tokens_of_ciphertext_equal_those_of_the_clear_value(
    spark: SparkSession, ring: Keyring, binding: Binding
) -> None:
    df = spark.sql("select * from values (1, '+14155550100'), (2, null) as t(id, phone)")
    clear = df.transform(with_tokens(["phone"], ring)).orderBy("id").collect()
    sealed = df.transform(encrypt_columns(["phone"], ring, binding))
    rows = sealed.transform(with_tokens(["phone"], ring, binding.asset, sealed=binding)).orderBy("id").collect()
    assert [row.phone_token for row in rows] == [row.phone_token for row in clear]
    assert rows[0].phone[:6] == b"\x01k001s"


def test_identity_expressions(spark: SparkSession, ring: Keyring) -> None:
    df = spark.sql("select * from values (1, 'a'), (2, null), (null, 'a'), (null, null), (1, 'a') as t(`Id.1`, who)")
    identity = ["Id.1", "who"]
    binding = Binding("platformdb.shift", identity, "us")
    rows = df.select(identity_missing(identity).alias("m"), identity_text(identity).alias("t")).collect()
    assert [row.m for row in rows] == [False, True, True, True, False]
    assert [row.t for row in rows][:3] == [
        '{"Id.1":1,"who":"a"}',
        '{"Id.1":2,"who":null}',
        '{"Id.1":null,"who":"a"}',
    ]
    tokens = [row[0] for row in df.transform(identity_token(ring, binding)).select("_identity_token").collect()]
    assert tokens[0] == tokens[4]
    assert len(set(tokens)) == 4
    elsewhere = identity_token(ring, Binding("platformdb.other", identity, "us"))
    assert df.transform(elsewhere).first()["_identity_token"] != tokens[0]


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 7, 31, 12, tzinfo=timezone(timedelta(hours=-5))),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_ingest_metadata_is_typed_and_exact(spark: SparkSession, at: datetime) -> None:
    out = spark.sql("select 1 as id").transform(with_ingest_metadata("r-1", "it's a 'source'", at))
    assert out.dtypes[1:] == [
        ("_loaded_at", "timestamp"),
        ("_run_id", "string"),
        ("_source", "string"),
        ("_deleted_at", "timestamp"),
    ]
    row = out.selectExpr("unix_micros(_loaded_at)", "_run_id", "_source", "_deleted_at").first()
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert tuple(row) == (micros, "r-1", "it's a 'source'", None)
    assert code_of(lambda: out.transform(with_ingest_metadata("r", "s", at))) == "HL-SRC-006"


def test_ingest_metadata_wants_a_time_zone() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        with_ingest_metadata("r", "s", datetime(2026, 1, 31))  # noqa: DTZ001


def test_projection(spark: SparkSession) -> None:
    df = spark.sql("select 1 as id, 2 as `a.b`, 3 as `Mix``ed`")
    assert df.transform(project(["Mix`ed", "id"])).first() == (3, 1)
    assert df.transform(without(["a.b", "nope"])).columns == ["id", "Mix`ed"]
    assert code_of(lambda: df.transform(project(["mix"]))) == "HL-TBL-004"
