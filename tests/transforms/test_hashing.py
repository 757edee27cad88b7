"""Row hashes on frames: the same rows give the same hashes however they are read."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from havenlake.privacy import Binding, Keyring
from havenlake.transforms import with_ingest_metadata, with_md5_hash, with_row_hash, without
from tests.transforms.conftest import code_of

pytestmark = pytest.mark.engines

ROWS = """
select id, case when id % 3 = 0 then null when id % 3 = 1 then '' else concat('text ', id) end as `Mess.age É`,
  if(id % 5 = 0, null, cast(id as int)) as n, cast(id as decimal(10, 2)) / 4 as m, id / 7D as g,
  timestamp'2024-03-10 06:59:59.999999' + make_dt_interval(0, 0, 0, id) as t,
  timestamp_ntz'2024-03-10 02:30:00.123456' as z, date'1969-12-31' as d, id % 2 = 0 as yes, X'00' as x,
  if(id % 4 = 0, null, struct(id as a, timestamp'2024-03-10 07:00:00.000001' as t)) as st,
  interval '1' day as iv, parse_json('{"a": 1}') as v
from range(40)
"""


def hashes(df: DataFrame, ring: Keyring, binding: Binding, **options: object) -> dict[int, bytes]:
    rows = df.transform(with_row_hash(ring, binding, **options)).select("id", "_row_hash").collect()  # type: ignore[arg-type]
    return {row[0]: bytes(row[1]) for row in rows}


@pytest.fixture(scope="module")
def rows(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    path = str(tmp_path_factory.mktemp("rows") / "t")
    spark.sql(ROWS).drop("iv").write.parquet(path)
    return spark.read.parquet(path).withColumn("iv", F.expr("interval '1' day"))


def test_what_changes_nothing(rows: DataFrame, ring: Keyring, binding: Binding) -> None:
    base = hashes(rows, ring, binding)
    assert len(set(base.values())) == 40
    assert {len(value) for value in base.values()} == {16}
    variants = {
        "order of columns": rows.select(*(F.col(f"`{name}`") for name in reversed(rows.columns))),
        "added null column": rows.withColumn("new.Column", F.lit(None).cast("string")),
        "added null field": rows.withColumn("st", F.col("st").withField("new", F.lit(None).cast("int"))),
        "wider integers": rows.withColumn("n", F.col("n").cast("bigint")),
        "wider decimals": rows.withColumn("m", F.col("m").cast("decimal(38,10)")),
        "partitions": rows.repartition(7),
        "framework columns": rows.withColumn("_run_id", F.lit("r")),
    }
    for what, frame in variants.items():
        assert hashes(frame, ring, binding) == base, what
    assert hashes(rows.withColumn("seen", F.lit(1)), ring, binding, exclude=["seen"]) == base


def test_what_changes_every_row(rows: DataFrame, ring: Keyring, binding: Binding) -> None:
    base = hashes(rows, ring, binding)
    for name, change in {
        "t": F.col("t") + F.expr("interval 1 microsecond"),
        "m": F.col("m") + F.lit(0.01).cast("decimal(4,2)"),
        "x": F.lit(b"\x00\x00"),
        "Mess.age É": F.coalesce(F.concat("`Mess.age É`", F.lit(" ")), F.lit("")),
        "st": F.struct(F.col("id").alias("a")),
    }.items():
        changed = hashes(rows.withColumn(name, change), ring, binding)
        assert not [i for i in base if changed[i] == base[i]], name
    renamed = hashes(rows.withColumnRenamed("d", "e"), ring, binding)
    assert not set(renamed.values()) & set(base.values())
    assert not set(hashes(rows, Keyring.generate("us"), binding).values()) & set(base.values())
    elsewhere = Binding("platformdb.other", ["id"], "us")
    assert not set(hashes(rows, ring, elsewhere).values()) & set(base.values())


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("spark.sql.session.timeZone", "America/New_York"),
        ("spark.sql.execution.arrow.maxRecordsPerBatch", "1"),
        ("spark.sql.execution.arrow.maxRecordsPerBatch", "3"),
        ("spark.sql.ansi.enabled", "false"),
    ],
)
def test_settings_change_nothing(rows: DataFrame, ring: Keyring, binding: Binding, setting: str, value: str) -> None:
    spark, base = rows.sparkSession, hashes(rows, ring, binding)
    before = spark.conf.get(setting)
    try:
        spark.conf.set(setting, value)
        assert hashes(rows, ring, binding) == base
    finally:
        spark.conf.set(setting, str(before))


def test_text_is_hashed_byte_for_byte(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    values = ["''", "null", "unhex('00')", "unhex('FF')", "unhex('EDA080')", "unhex('EFBFBD')", "'😀'", "'a'"]
    df = spark.sql(" union all ".join(f"select {i}L as id, cast({v} as string) as c" for i, v in enumerate(values)))
    by_content = df.transform(with_row_hash(ring, binding, exclude=["id"])).select("_row_hash").distinct()
    assert by_content.count() == len(values)


def test_checksum_covers_only_its_columns(rows: DataFrame, ring: Keyring, binding: Binding) -> None:
    def sums(df: DataFrame, columns: list[str]) -> list[bytes]:
        hashed = df.transform(with_md5_hash(columns, ring, binding))
        assert hashed.columns == [*df.columns, "_checksum"]
        return [bytes(row[0]) for row in hashed.orderBy("id").select("_checksum").collect()]

    base = sums(rows, ["Mess.age É", "n"])
    assert sums(rows.withColumn("d", F.lit(1)), ["n", "Mess.age É", "n"]) == base
    assert sums(rows.withColumn("n", F.lit(-1)), ["Mess.age É", "n"])[1] != base[1]


def test_name_clash_and_missing_columns(rows: DataFrame, ring: Keyring, binding: Binding, tmp_path: Path) -> None:
    assert code_of(lambda: rows.transform(with_md5_hash(["nope"], ring, binding))) == "HL-TBL-004"
    assert code_of(lambda: rows.transform(with_row_hash(ring, binding, name="N"))) == "HL-SRC-006"
    wrong = Binding("platformdb.message", ["id"], "eu")
    assert code_of(lambda: rows.transform(with_row_hash(ring, wrong))) == "HL-KEY-005"
    with pytest.raises(ValueError, match="left to hash"):
        rows.select("id").transform(with_row_hash(ring, binding, exclude=["id"]))


def test_hash_of_a_loaded_table_ignores_what_the_load_added(rows: DataFrame, ring: Keyring, binding: Binding) -> None:
    from datetime import UTC, datetime

    loaded = rows.transform(with_row_hash(ring, binding)).transform(
        with_ingest_metadata("r", "s", datetime(2026, 1, 31, tzinfo=UTC))
    )
    assert hashes(loaded.transform(without(["_row_hash"])), ring, binding) == hashes(rows, ring, binding)
