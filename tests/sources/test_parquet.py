from __future__ import annotations

import datetime as dt
import decimal
import os
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.sources import translate

MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5, 123456, tzinfo=dt.UTC)


@pytest.fixture
def put(landing):
    """Writes one parquet file of table `t`."""
    (landing / "t").mkdir()

    def put_(columns, name="a.parquet", **options):
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        pq.write_table(table, landing / "t" / name, **options)
        return landing / "t" / name

    return put_


@pytest.fixture
def jobs(spark):
    """How many Spark jobs a call starts (classic Spark only)."""
    tracker = spark.sparkContext.statusTracker()

    def jobs_(call):
        group = uuid.uuid4().hex
        spark.sparkContext.setJobGroup(group, "counted")
        result = call()
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
        return len(tracker.getJobIdsForGroup(group)), result

    return jobs_


def refused(source):
    with pytest.raises(HavenlakeError) as caught:
        source.table("t")
    return caught.value


CARRIED = {
    "uint8": (pa.array([255], pa.uint8()), "smallint", "255"),
    "uint16": (pa.array([65535], pa.uint16()), "int", "65535"),
    "uint32": (pa.array([2**32 - 1], pa.uint32()), "bigint", "4294967295"),
    "uint64": (pa.array([2**64 - 1], pa.uint64()), "decimal(20,0)", "18446744073709551615"),
    "int8": (pa.array([-128], pa.int8()), "tinyint", "-128"),
    "int16": (pa.array([-1], pa.int16()), "smallint", "-1"),
    "int32": (pa.array([-1], pa.int32()), "int", "-1"),
    "int64": (pa.array([2**63 - 1], pa.int64()), "bigint", "9223372036854775807"),
    "float": (pa.array([1.5], pa.float32()), "float", "1.5"),
    "double": (pa.array([0.1], pa.float64()), "double", "0.1"),
    "boolean": (pa.array([True]), "boolean", "true"),
    "date": (pa.array([dt.date(1500, 1, 1)], pa.date32()), "date", "1500-01-01"),
    "local time": (pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("us")), "timestamp_ntz", str(MOMENT)[:26]),
    "instant": (pa.array([MOMENT], pa.timestamp("us", "UTC")), "timestamp", str(MOMENT)[:26]),
    "zoned": (pa.array([MOMENT], pa.timestamp("ms", "America/New_York")), "timestamp", str(MOMENT)[:23]),
    "decimal": (pa.array([decimal.Decimal("1.10")], pa.decimal128(38, 10)), "decimal(38,10)", "1.1000000000"),
    "string": (pa.array(["x"]), "string", "x"),
    "large string": (pa.array(["x"], pa.large_string()), "string", "x"),
    "dictionary": (pa.array(["x"]).dictionary_encode(), "string", "x"),
    "fixed binary": (pa.array([b"abcd"], pa.binary(4)), "binary", "abcd"),
    "json": (pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}'])), "string", '{"a":1}'),
}

LOSSY = {
    "time ms": pa.array([1], pa.time32("ms")),
    "time us": pa.array([1], pa.time64("us")),
    "time ns": pa.array([1], pa.time64("ns")),
    "timestamp ns": pa.array([1577934245123456789], pa.timestamp("ns")),
    "decimal 50": pa.array([decimal.Decimal("1.10")], pa.decimal256(50, 10)),
    "half": pa.array([1.5], pa.float16()),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"], pa.binary(16))),
    "nested ns": pa.array([{"at": 1577934245123456789}], pa.struct([("at", pa.timestamp("ns"))])),
}


@pytest.mark.engines
def test_types_that_are_carried_exactly(spark, opened, put, landing):
    path = put({name: array for name, (array, _, _) in CARRIED.items()})
    frame = opened().table("t").frame
    assert {f.name: f.dataType.simpleString() for f in frame.schema} == {n: kind for n, (_, kind, _) in CARRIED.items()}
    assert frame.schema == spark.read.parquet(str(path)).schema  # Spark would have told the same
    values = frame.select([F.col(f"`{name}`").cast("string") for name in CARRIED]).collect()[0]
    assert list(values) == [text for _, _, text in CARRIED.values()]


@pytest.mark.parametrize("kind", LOSSY)
def test_types_that_spark_would_change_are_refused_by_column(opened, put, kind):
    put({"id": [1], "what": LOSSY[kind]})
    error = refused(opened())
    assert error.code == "HL-SRC-007"
    assert "'what" in error.message
    assert "a.parquet" in error.message


def test_int96_by_others_may_hold_nanoseconds_and_is_refused(opened, put):
    put({"at": pa.array([1577934245123456789], pa.timestamp("ns"))}, use_deprecated_int96_timestamps=True)
    error = refused(opened())
    assert (error.code, "INT96" in error.message) == ("HL-SRC-007", True)


def test_int96_by_spark_is_carried(spark, opened, landing):
    text = "2020-01-02 03:04:05.123456"
    spark.sql(f"select timestamp '{text}' at, interval '2' day wait").coalesce(1).write.parquet(str(landing / "t"))
    frame = opened().table("t").frame
    assert [f.dataType.simpleString() for f in frame.schema] == ["timestamp", "interval day"]
    assert frame.selectExpr("cast(at as string)").collect()[0][0] == text


def test_nested_columns_are_read_as_spark_reads_them(opened, put):
    put(
        {
            "id": [1],
            "s": [{"a": 1, "b": "x"}],
            "l": [[1, 2]],
            "m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
        }
    )
    frame = opened().table("t").frame
    assert (
        frame.schema.simpleString() == "struct<id:bigint,s:struct<a:bigint,b:string>,l:array<bigint>,m:map<string,int>>"
    )
    assert frame.collect()[0]["s"]["b"] == "x"


def test_local_parquet_costs_no_job(opened, put, jobs):
    for i in range(3):
        put({"id": [i], "text": ["x"]}, f"{i}.parquet")
    source = opened()
    assert jobs(lambda: source.table("t"))[0] == 0
    assert jobs(lambda: source.table("t").positions())[0] == 0


def test_remote_parquet_costs_one_job(opened, put, jobs, elsewhere):
    put({"id": [1]})
    put({"id": [2], "new": ["x"]}, "b.parquet")
    count, table = jobs(lambda: opened().table("t"))
    assert count == 1
    assert {tuple(row) for row in table.frame.collect()} == {(1, None), (2, "x")}


@pytest.mark.engines
@pytest.mark.parametrize("place", ["local", "remote"])
def test_columns_of_all_files_are_kept(opened, put, place, request):
    if place == "remote":
        request.getfixturevalue("elsewhere")
    put({"id": [1], "old": ["o"]})
    put({"new": [5], "id": [2]}, "b.parquet")
    table = opened().table("t")
    assert table.frame.schema.simpleString() == "struct<id:bigint,old:string,new:bigint>"
    assert {tuple(r) for r in table.frame.collect()} == {(1, "o", None), (2, None, 5)}


@pytest.mark.engines
@pytest.mark.parametrize("place", ["local", "remote"])
def test_two_types_for_one_column_are_refused_by_file_and_column(opened, put, place, request):
    if place == "remote":
        request.getfixturevalue("elsewhere")
    put({"id": [1], "x": [1]})
    put({"id": [2], "x": ["one"]}, "b.parquet")
    error = refused(opened())
    assert error.code == "HL-SRC-007"
    assert "column 'x' is string in 'b.parquet' but bigint in 'a.parquet'" in error.message


@pytest.mark.engines
def test_columns_of_nulls_without_a_type_take_the_type_of_other_files(opened, put):
    put({"id": [1, 2], "x": pa.nulls(2), "y": pa.nulls(2)})
    put({"id": [3], "x": ["text"], "y": pa.nulls(1)}, "b.parquet")
    table = opened().table("t")
    assert table.frame.schema.simpleString() == "struct<id:bigint,x:string,y:string>"
    assert {tuple(r) for r in table.frame.collect()} == {(1, None, None), (2, None, None), (3, "text", None)}
    assert {(r["id"], r["_source_position"]) for r in table.positions().collect()} == {
        (1, "a.parquet#0"),
        (2, "a.parquet#1"),
        (3, "b.parquet#0"),
    }


def test_a_table_of_nothing_but_nulls(opened, put):
    put({"x": pa.nulls(2)})
    assert [tuple(r) for r in opened().table("t").frame.collect()] == [(None,), (None,)]


def test_an_empty_table_has_its_schema(opened, put):
    put({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})
    table = opened().table("t")
    assert table.frame.schema.simpleString() == "struct<id:bigint,text:string>"
    assert table.frame.count() == 0


DAMAGED = {
    "zero bytes": lambda whole: whole[:0],
    "first half": lambda whole: whole[: len(whole) // 2],
    "without its end": lambda whole: whole[:-1],
    "only magic": lambda whole: whole[:4],
    "text": lambda whole: whole.hex().encode() + b"jess called",
}


@pytest.mark.engines
@pytest.mark.parametrize("place", ["local", "remote"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_files_are_refused_by_name_before_any_row_is_read(opened, put, damage, place, request):
    if place == "remote":
        request.getfixturevalue("elsewhere")
    put({"id": list(range(100))})
    bad = put({"id": list(range(100))}, "b.parquet")
    bad.write_bytes(DAMAGED[damage](bad.read_bytes()))
    error = refused(opened())
    assert error.code == "HL-SRC-002"
    assert "'b.parquet'" in error.message
    assert "jess" not in str(error)


@pytest.mark.engines
def test_flipped_bits_are_found_by_page_checksums(opened, put):
    path = put({"text": [os.urandom(20).hex() for _ in range(5000)]}, compression="none", write_page_checksum=True)
    table = opened().table("t")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Exception) as caught:  # noqa: PT011  # any engine's
        table.frame.selectExpr("max(text)").collect()
    error = translate(caught.value, "t", table)
    assert (error.code, "'a.parquet'" in error.message) == ("HL-SRC-002", True)


@pytest.mark.engines
def test_files_that_vanish_or_change_while_read(opened, put):
    path = put({"id": [1]})
    table = opened().table("t")
    path.unlink()
    with pytest.raises(Exception) as caught:  # noqa: PT011
        table.frame.collect()
    assert translate(caught.value, "t", table).code == "HL-SRC-004"


def test_a_session_that_skips_bad_files_does_not_skip_ours(spark, opened, put):
    path = put({"id": [1]})
    table = opened().table("t")
    path.write_bytes(b"PAR1 no longer parquet PAR1")
    spark.conf.set("spark.sql.files.ignoreCorruptFiles", "true")
    try:
        with pytest.raises(Exception) as caught:  # noqa: PT011
            table.frame.collect()
    finally:
        spark.conf.unset("spark.sql.files.ignoreCorruptFiles")
    assert translate(caught.value, "t", table).code == "HL-SRC-002"


@pytest.mark.engines
def test_text_is_read_byte_for_byte(opened, put):
    values = [b"a\xed\xa0\x80b\x00c", b"\xff", b"", "héllo 💥".encode(), b"x" * 10_000_000]
    offsets = pa.array(values, pa.binary()).buffers()
    put({"text": pa.Array.from_buffers(pa.string(), len(values), offsets), "raw": pa.array(values, pa.binary())})
    frame = opened().table("t").frame
    assert [f.dataType for f in frame.schema] == [T.StringType(), T.BinaryType()]
    read = frame.select(F.col("text").cast("binary"), "raw").collect()
    assert [(bytes(r[0]), bytes(r[1])) for r in read] == [(v, v) for v in values]


@pytest.mark.engines
def test_odd_column_names_are_kept(opened, put):
    names = ["a.b", "A B", "ñ", "x`y", "c,d;{}()\t=", "_metadata", "MixedCase", "日本"]
    put({name: [i] for i, name in enumerate(names)})
    table = opened().table("t")
    assert table.frame.columns == names
    assert list(table.frame.collect()[0]) == list(range(len(names)))
    positioned = table.positions()
    assert positioned.columns == [*names, "_source_position"]
    assert positioned.collect()[0]["_source_position"] == "a.parquet#0"


@pytest.mark.parametrize(
    "names", [["id", "_row_hash"], ["Id", "id"], ["caf\u00e9", "cafe\u0301"], ["_Source_Position"]]
)
def test_reserved_and_ambiguous_columns_are_refused(opened, put, names):
    put(pa.Table.from_arrays([pa.array([1])] * len(names), names=names))
    error = refused(opened())
    assert (error.code, f"'{names[-1]}'" in error.message) == ("HL-SRC-006", True)


def test_case_that_differs_between_files_is_refused(opened, put):
    put({"Id": [1]})
    put({"id": [1]}, "b.parquet")
    assert refused(opened()).code == "HL-SRC-006"


@pytest.mark.engines
def test_case_that_differs_is_refused_elsewhere_too(opened, put, elsewhere):
    put({"Id": [1], "id": [2]})
    assert refused(opened()).code == "HL-SRC-006"


@pytest.mark.engines
def test_positions_tell_file_and_row(opened, landing):
    (landing / "t" / "1").mkdir(parents=True)
    pq.write_table(pa.table({"id": range(5)}), landing / "t" / "1" / "p.parquet", row_group_size=2)
    positions = opened().table("t").positions()
    assert {r["id"]: r["_source_position"] for r in positions.collect()} == {i: f"1/p.parquet#{i}" for i in range(5)}
