"""Encryption on frames: every type and every awkward value comes back, moved ones never do."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.privacy import Binding, Keyring
from havenlake.transforms import TYPE_KEY, decrypt_columns, encrypt_columns
from tests.transforms.conftest import code_of, exact

pytestmark = pytest.mark.engines

NESTED = "struct<t:timestamp,n:timestamp_ntz,d:date,x:binary,m:decimal(3,2),f:float>"
TYPED = f"""
select 1L as id, 'héllo 😀' as `Mess.age É`, cast('-128' as tinyint) as b, 32767S as s, -2147483648 as i,
  9223372036854775807 as l, 1.10 as m, cast('-0.000000000000000001' as decimal(38,18)) as tiny, true as yes,
  date'0001-01-01' as d, timestamp'1582-10-04 00:00:00.000001' as t, timestamp_ntz'2024-03-10 02:30:00.123456' as n,
  cast('0.1' as float) as f, double('-0.0') as g, X'00FF' as x,
  array(struct(1 as a, 'q"\\u0001😀' as b, cast(null as bigint) as c)) as arr,
  map('k.1', array(1.5D, null, double('NaN')), '', null) as mp,
  cast(struct(timestamp'2024-11-03 01:30:00.999999', timestamp_ntz'9999-12-31 23:59:59.999999',
    date'1969-12-31', X'00', 1.10, float('Infinity')) as {NESTED}) as st
union all select 2L, '', 127Y, -1S, 0, -9223372036854775808, -9.99,
  cast('99999999999999999999.999999999999999999' as decimal(38,18)), false, date'9999-12-31',
  timestamp'9999-12-31 23:59:59.999999', timestamp_ntz'0001-01-01 00:00:00', float('NaN'), double('-Infinity'), X'',
  array(), map(), cast(struct(null, null, null, null, null, null) as {NESTED})
union all select 3L, {", ".join(["null"] * 17)}
union all select 4L, 'null', 0Y, 0S, 0, 0L, 0.00, 0, true, date'1970-01-01', timestamp'1970-01-01 00:00:00',
  timestamp_ntz'1969-12-31 23:59:59.999999', float('3.4028235E38'), 4.9E-324D, X'0102', array(null),
  map('a', array()), cast(struct(null, null, null, null, 0.00, float('-0.0')) as {NESTED})
"""
TEXTS = {
    1: "cast(unhex('EDA080') as string)",
    2: "cast(unhex('610062') as string)",
    3: "cast(unhex('FFFE80') as string)",
    4: "repeat('0123456789', 1000000)",
    5: "'👩\u200d👩\u200d👧'",
    6: "' '",
}


@pytest.fixture(scope="module")
def typed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    path = str(tmp_path_factory.mktemp("typed") / "t")
    spark.sql(TYPED).write.parquet(path)
    return spark.read.parquet(path)


def test_every_type_comes_back(typed: DataFrame, ring: Keyring, binding: Binding, tmp_path: Path) -> None:
    columns = [name for name in typed.columns if name != "id"]
    sealed = typed.transform(encrypt_columns(columns, ring, binding))
    assert sealed.columns == typed.columns
    assert {kind for _, kind in sealed.dtypes} == {"bigint", "binary"}
    sealed.write.parquet(str(tmp_path / "sealed"))
    stored = typed.sparkSession.read.parquet(str(tmp_path / "sealed"))
    assert exact(stored)[2] == {"id": "3", **dict.fromkeys(columns)}

    back = stored.transform(decrypt_columns(columns, ring, binding))
    assert [(f.name, f.dataType.simpleString()) for f in back.schema] == [
        (f.name, f.dataType.simpleString()) for f in typed.schema
    ]
    assert exact(back) == exact(typed)
    assert not any(TYPE_KEY in field.metadata for field in back.schema)

    given = {field.name: field.dataType for field in typed.schema}
    bare = stored.select("id", F.col("`Mess.age É`").alias("Mess.age É", metadata={}))
    assert exact(bare.transform(decrypt_columns(["Mess.age É"], ring, binding, types=given))) == exact(
        typed.select("id", "`Mess.age É`")
    )
    assert code_of(lambda: bare.transform(decrypt_columns(["Mess.age É"], ring, binding))) == "HL-KEY-007"


def test_session_time_zone_is_irrelevant(typed: DataFrame, ring: Keyring, binding: Binding) -> None:
    spark = typed.sparkSession
    columns = ["t", "n", "d", "st"]
    seen = typed.select("id", F.unix_micros("t").alias("t"), "n", "d", "st.n", F.unix_micros("st.t").alias("st_t"))
    sealed = typed.select("id", *columns).transform(encrypt_columns(columns, ring, binding)).toArrow()
    zone = spark.conf.get("spark.sql.session.timeZone")
    metadata = {field.name: field.dataType for field in typed.schema}
    try:
        spark.conf.set("spark.sql.session.timeZone", "America/New_York")
        back = spark.createDataFrame(sealed).transform(decrypt_columns(columns, ring, binding, types=metadata))
        opened = back.select("id", F.unix_micros("t").alias("t"), "n", "d", "st.n", F.unix_micros("st.t").alias("st_t"))
        rows = opened.orderBy("id").collect()
    finally:
        spark.conf.set("spark.sql.session.timeZone", str(zone))
    assert rows == seen.orderBy("id").collect()


def test_awkward_texts(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    texts = " union all ".join(f"select {i}L as id, {text} as text" for i, text in TEXTS.items())
    df = spark.sql(texts)
    back = df.transform(encrypt_columns(["text"], ring, binding)).transform(decrypt_columns(["text"], ring, binding))
    hashed = F.sha2(F.col("text").cast("binary"), 256)
    assert back.select("id", hashed).orderBy("id").collect() == df.select("id", hashed).orderBy("id").collect()
    assert back.where("octet_length(text) = 10000000").count() == 1


def test_spark_itself_opens_a_value(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select 7 as id, 'im jess' as message").transform(encrypt_columns(["message"], ring, binding))
    key = ring.column_key("platformdb.message", "message").hex()
    aad = "concat('18:platformdb.message,7:message,2:us,', octet_length(cast(id as string)), ':', id, ',')"
    opened = df.selectExpr(
        f"cast(aes_decrypt(substring(message, 7), unhex('{key}'), 'GCM', 'DEFAULT', {aad}) as string) as clear"
    )
    assert opened.first()["clear"] == "im jess"


def test_moved_values_are_refused(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select * from values (1L, 'secret one', 'a'), (2L, 'secret two', 'b') as t(id, message, note)")
    sealed = df.transform(encrypt_columns(["message", "note"], ring, binding))

    def opened(frame: DataFrame, to: Binding = binding) -> str:
        return code_of(lambda: frame.transform(decrypt_columns(["message"], ring, to)).collect())

    kind = {"message": T.StringType()}
    row = sealed.withColumn("id", 3 - F.col("id"))
    column = sealed.withColumn("message", F.col("note"))
    assert opened(row) == "HL-KEY-004"
    assert (
        code_of(lambda: column.transform(decrypt_columns(["message"], ring, binding, kind)).collect()) == "HL-KEY-004"
    )
    assert opened(sealed, to=Binding("platformdb.message", ["id"], "eu")) == "HL-KEY-005"
    rotated = ring.rotated()
    newer = df.transform(encrypt_columns(["message"], rotated, binding))
    assert opened(newer) == "HL-KEY-003"
    assert sorted(r.message for r in newer.transform(decrypt_columns(["message"], rotated, binding)).collect()) == [
        "secret one",
        "secret two",
    ]


def test_identity_of_several_columns_and_of_wider_type(spark: SparkSession, ring: Keyring) -> None:
    binding = Binding("platformdb.shift", ["Day.1", "who", "at"], "us")
    df = spark.sql(
        "select * from values (1, 'a', timestamp'2024-03-10 02:30:00.5', 'x'), (null, '', null, 'y') "
        "as t(`Day.1`, who, at, note)"
    )
    sealed = df.transform(encrypt_columns(["note"], ring, binding))
    wider = sealed.withColumn("Day.1", F.col("`Day.1`").cast("bigint"))
    assert sorted(r.note for r in wider.transform(decrypt_columns(["note"], ring, binding)).collect()) == ["x", "y"]


def test_widened_column_stays_readable(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    sealed = spark.sql("select 1 as id, 5 as n, cast(0.1 as float) as f").transform(
        encrypt_columns(["n", "f"], ring, binding)
    )
    wider = {"n": T.DecimalType(20, 2), "f": T.DoubleType()}
    row = sealed.transform(decrypt_columns(["n", "f"], ring, binding, wider)).first()
    assert (str(row.n), row.f) == ("5.00", 0.10000000149011612)
    other = decrypt_columns(["n"], ring, binding, {"n": T.StringType()})
    assert code_of(lambda: sealed.transform(other).collect()) == "HL-KEY-007"


@pytest.mark.parametrize(
    "expression",
    [
        "interval 1 day",
        "interval 1 month",
        "map(1, 'a')",
        "array(interval 1 day)",
        "parse_json('1')",
        "struct(map(date'2024-01-01', 1))",
    ],
)
def test_lossy_types_are_refused_by_name(spark: SparkSession, ring: Keyring, binding: Binding, expression: str) -> None:
    df = spark.sql(f"select 1 as id, {expression} as odd")
    assert code_of(lambda: df.transform(encrypt_columns(["odd"], ring, binding))) == "HL-KEY-006"


def test_invalid_text_inside_a_nested_value_is_refused_not_changed(
    spark: SparkSession, ring: Keyring, binding: Binding
) -> None:
    df = spark.sql("select 1 as id, array(cast(unhex('FF') as string)) as odd")
    assert code_of(lambda: df.transform(encrypt_columns(["odd"], ring, binding)).collect()) == "HL-KEY-006"


def test_missing_or_contradicting_columns_are_refused(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select 1 as id, 'a' as message")
    assert code_of(lambda: df.transform(encrypt_columns(["Message"], ring, binding))) == "HL-TBL-004"
    assert code_of(lambda: df.drop("id").transform(encrypt_columns(["message"], ring, binding))) == "HL-TBL-001"
    assert code_of(lambda: df.transform(encrypt_columns(["id"], ring, binding))) == "HL-CFG-010"
    assert code_of(lambda: df.transform(decrypt_columns(["message"], ring, binding, {"message": T.StringType()}))) == (
        "HL-KEY-007"
    )


def test_comment_survives(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select 1 as id, 'a' as message").select(
        "id", F.col("message").alias("message", metadata={"comment": "what was written"})
    )
    sealed = df.transform(encrypt_columns(["message"], ring, binding))
    assert sealed.schema["message"].metadata == {"comment": "what was written", TYPE_KEY: '"string"'}
    back = sealed.transform(decrypt_columns(["message"], ring, binding))
    assert back.schema["message"].metadata == {"comment": "what was written"}


def test_empty_frame(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select 1 as id, 'a' as message where false")
    both = df.transform(encrypt_columns(["message"], ring, binding)).transform(
        decrypt_columns(["message"], ring, binding)
    )
    assert both.collect() == []
