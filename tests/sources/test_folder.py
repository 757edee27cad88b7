from __future__ import annotations

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime.secrets import EnvironmentSecrets
from havenlake.runtime.storage import Storage
from havenlake.sources import open_source

from .conftest import Input


@pytest.fixture
def message(landing):
    folder = landing / "message"
    folder.mkdir()
    pq.write_table(pa.table({"id": [1, 2]}), folder / "part-0000.parquet")
    pq.write_table(pa.table({"id": [3]}), folder / "part-0001.parquet")
    return folder


def refused(source, name="message"):
    with pytest.raises(HavenlakeError) as caught:
        source.table(name)
    return caught.value


def ids(table):
    return sorted(row[0] for row in table.frame.collect())


@pytest.mark.engines
def test_a_table_says_what_it_is(opened, message):
    (message / "_SUCCESS").touch()
    (message / ".notes.parquet").write_bytes(b"x")
    table = opened().table("message")
    assert table.name == "message"
    assert table.description.startswith("parquet folder s3://bucket/base/message, 2 file(s), ")
    assert table.bytes == sum(f.size for f in table.files) == sum(p.stat().st_size for p in message.glob("part*"))
    assert len(table.position) == 16
    assert ids(table) == [1, 2, 3]
    assert opened().table("message").position == table.position


def test_nested_files_are_read_and_hidden_folders_are_not(opened, message, landing):
    for nested in ("2026/a", "_temporary/0", ".hidden"):
        (message / nested).mkdir(parents=True)
        pq.write_table(pa.table({"id": [9]}), message / nested / "x.parquet")
    assert ids(opened().table("message")) == [1, 2, 3, 9]


def test_tables_found(opened, message, landing, write):
    write("texter/t.csv", "id\n1\n")
    write("_staging/x/t.csv", "id\n1\n")
    write("readme.csv", "id\n1\n")
    (landing / "empty").mkdir()
    assert opened().tables() == ("message", "texter")


def test_missing_folder_names_the_nearest(opened, message):
    error = refused(opened(), "mesage")
    assert error.code == "HL-SRC-001"
    assert "'mesage'" in error.message
    assert error.hint == "found there: message"


@pytest.mark.parametrize("content", ["nothing", "only hidden", "a file instead"])
def test_a_folder_without_files_is_no_table(opened, message, landing, content):
    if content == "a file instead":
        (landing / "empty").write_bytes(b"x")
    else:
        (landing / "empty").mkdir()
    if content == "only hidden":
        (landing / "empty" / "_SUCCESS").touch()
    assert refused(opened(), "empty").code == "HL-SRC-001"


@pytest.mark.engines
def test_missing_base_folder(spark, tmp_path):
    source = open_source(spark, Storage(tmp_path, tmp_path), Input("s3://nowhere/x"), EnvironmentSecrets())
    error = refused(source)
    assert (error.code, error.where) == ("HL-SRC-001", "s3://nowhere/x")


def test_odd_places_in_the_input(spark, tmp_path):
    for keys, code in (({"load_base_path": None}, "HL-CFG-005"), ({"layout": "boxes"}, "HL-CFG-004")):
        with pytest.raises(HavenlakeError) as caught:
            open_source(
                spark,
                Storage(tmp_path, tmp_path),
                Input(**{"load_base_path": "s3://b/x", **keys}),
                EnvironmentSecrets(),
            )
        assert caught.value.code == code


def test_mixed_formats_are_refused(opened, message, write):
    write("message/more.csv", "id\n1\n")
    error = refused(opened())
    assert error.code == "HL-SRC-005"
    assert error.message == "'part-0000.parquet' is parquet, but 'more.csv' is csv"


def test_values_in_folder_names_are_refused(opened, message):
    (message / "country=CA").mkdir()
    pq.write_table(pa.table({"id": [9]}), message / "country=CA" / "x.parquet")
    error = refused(opened())
    assert (error.code, "country=CA" in error.message) == ("HL-SRC-005", True)


def test_a_delta_table_is_no_folder_of_files(spark, opened, landing):
    spark.range(3).write.format("delta").save(str(landing / "message"))
    error = refused(opened())
    assert (error.code, "Delta" in error.message) == ("HL-SRC-005", True)


@pytest.mark.parametrize("change", ["add", "rewrite", "touch", "remove", "remove all"])
def test_files_that_change_are_noticed(opened, message, change):
    table = opened().table("message")
    table.verify_unchanged()
    first = message / "part-0000.parquet"
    if change == "add":
        pq.write_table(pa.table({"id": [9]}), message / "part-0002.parquet")
    if change == "rewrite":
        pq.write_table(pa.table({"id": [7, 8, 9]}), first)
    if change == "touch":
        os.utime(first, (1, 1))
    if change.startswith("remove"):
        first.unlink()
    if change == "remove all":
        (message / "part-0001.parquet").unlink()
        message.rmdir()
    with pytest.raises(HavenlakeError, match=r"part-000") as caught:
        table.verify_unchanged()
    assert caught.value.code == "HL-SRC-004"
    assert opened().tables() == (() if change == "remove all" else ("message",))


@pytest.mark.engines
def test_names_that_mean_something_to_hadoop(opened, landing):
    (landing / "message").mkdir()
    names = ["a b.parquet", "a%20b.parquet", "w[1].parquet", "q{x,y}.parquet", "s*.parquet", "p?.parquet", "ü#.parquet"]
    for i, name in enumerate(names):
        pq.write_table(pa.table({"id": [i]}), landing / "message" / name)
    assert ids(opened().table("message")) == list(range(len(names)))


def test_more_files_than_spark_lists_one_by_one(opened, landing):
    (landing / "message" / "deep[1]").mkdir(parents=True)
    for i in range(40):
        pq.write_table(pa.table({"id": [i]}), landing / "message" / "deep[1]" / f"{i}.parquet")
    assert ids(opened().table("message")) == list(range(40))
