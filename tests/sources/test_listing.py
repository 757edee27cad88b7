from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo
from havenlake.sources._columns import check_columns
from havenlake.sources._listing import (
    changed_files,
    check_files,
    decide_format,
    fingerprint,
    format_of,
    human_size,
    relative,
)
from havenlake.sources._reading import escaped, local_path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def info(path: str, size: int = 1, modified: datetime = NOON) -> FileInfo:
    return FileInfo(path, size, modified)


def code_of(call) -> HavenlakeError:
    with pytest.raises(HavenlakeError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("path", "root", "name"),
    [
        ("/a/b/t/x.csv", "/a/b/t", "x.csv"),
        ("file:/a/b/t/1/x.csv", "/a/b/t", "1/x.csv"),
        ("file:///a/b/t/x.csv", "/a/b/t/", "x.csv"),
        ("s3://bucket/b/t/x.csv", "s3://bucket/b/t", "x.csv"),
        ("dbfs:/Volumes/c/s/v/t/x.csv", "/Volumes/c/s/v/t", "x.csv"),
    ],
)
def test_names_are_relative_whatever_the_scheme(path, root, name):
    assert relative(path, root) == name


def test_fingerprint_follows_name_size_and_time_but_not_place_or_order():
    a, b = info("/x/t/a"), info("/x/t/b", 2)
    same = fingerprint([a, b], "/x/t")
    assert len(same) == 16
    assert fingerprint([info("s3://q/t/b", 2), info("s3://q/t/a")], "s3://q/t") == same
    others = [[a], [a, info("/x/t/c", 2)], [a, info("/x/t/b", 3)], [a, info("/x/t/b", 2, NOON + timedelta(seconds=1))]]
    assert same not in {fingerprint(files, "/x/t") for files in others}
    assert fingerprint([], "/x/t", of="export-1") != fingerprint([], "/x/t", of="export-2")


def test_changed_files_are_named():
    before = [info("/x/a"), info("/x/b"), info("/x/c")]
    after = [info("/x/a"), info("/x/b", 5), info("/x/d")]
    assert changed_files(before, after) == ["b", "c", "d"]
    assert changed_files(before, reversed(before)) == []


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.parquet", "parquet"),
        ("part-0.gz.parquet", "parquet"),
        ("part-0.snappy.PARQUET", "parquet"),
        ("a.CSV", "csv"),
        ("a.csv.gz", "csv"),
        ("a.json", "jsonl"),
        ("a.jsonl.gz", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.parquet.gz", None),
        ("a.txt", None),
        ("part-00000", None),
        ("csv", None),
    ],
)
def test_format_by_name(name, form):
    assert format_of(name) == form


def test_mixed_and_untold_formats_are_refused():
    mixed = code_of(lambda: decide_format("auto", ["a.csv", "b.parquet"], "message"))
    assert (mixed.code, "b.parquet" in mixed.message, mixed.where) == ("HL-SRC-005", True, "table 'message'")
    assert "part-00000" in code_of(lambda: decide_format("auto", ["part-00000"], "t")).message
    assert decide_format("csv", ["part-00000", "b.csv"], "t") == "csv"
    assert code_of(lambda: decide_format("csv", ["b.jsonl"], "t")).code == "HL-SRC-005"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (info("/x/t/a.parquet", 0), "HL-SRC-002"),
        (info("/x/t/a:b.parquet"), "HL-SRC-002"),
        (info("/x/t/country=CA/a.parquet"), "HL-SRC-005"),
    ],
)
def test_files_that_no_reader_reads_rightly_are_refused_by_name(file, code):
    error = code_of(lambda: check_files([info("/x/t/ok.parquet"), file], "/x/t", "t"))
    assert error.code == code
    assert relative(file.path, "/x/t") in error.message


def test_sizes_for_people():
    assert [human_size(n) for n in (0, 999, 1000, 12_400_000, 5 * 10**12)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "12.4 MB",
        "5.0 TB",
    ]


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/a/b", "/a/b"),
        ("file:/a/b", "/a/b"),
        ("file:///a/b", "/a/b"),
        ("s3://b/x", None),
        ("abfss://c@a.dfs/x", None),
        ("dbfs:/Volumes/c/s/v/x", None),
        ("/Volumes/c/s/v/x", None),
    ],
)
def test_which_paths_lie_on_this_machine(path, local):
    assert local_path(path) == (None if local is None else type(local_path("/"))(local))


def test_glob_characters_are_escaped():
    assert escaped("/a/w[1]{x}*?.csv") == r"/a/w\[1\]\{x\}\*\?.csv"


@pytest.mark.parametrize("name", ["_row_hash", "_checksum", "_loaded_at", "_RUN_ID", "_source", "_deleted_at"])
def test_reserved_column_names_are_refused(name):
    error = code_of(lambda: check_columns(["id", name], "t"))
    assert error.code == "HL-SRC-006"
    assert f"'{name}'" in error.message


@pytest.mark.parametrize(("first", "second"), [("Id", "id"), ("a", "a"), ("caf\u00e9", "cafe\u0301"), ("É", "é")])
def test_names_that_a_table_cannot_tell_apart_are_refused(first, second):
    error = code_of(lambda: check_columns([first, "other", second], "t"))
    assert error.code == "HL-SRC-006"
    assert f"'{second}'" in error.message


def test_other_names_stay_as_they_are():
    check_columns(["a.b", "A B", "ñ", "_rowhash", "_metadata", "x`y", "c,d;{}()=", "_run"], "t")
    assert code_of(lambda: check_columns(["a", " "], "t")).code == "HL-SRC-006"
