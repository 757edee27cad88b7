import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.runtime.storage import FileInfo, Storage, list_files, read_text, remove

TABLE = TableName("ctl_dev_bronze", "platformdb", "message")
LOCAL = Storage(Path("/w"), Path("/project"))
REMOTE = Storage(None, Path("/project"))


@pytest.mark.parametrize(
    ("place", "local", "remote"),
    [
        ("s3://bucket/exports/db/", "/w/landing/bucket/exports/db", "s3://bucket/exports/db"),
        ("s3a://bucket", "/w/landing/bucket", "s3a://bucket"),
        (
            "abfss://c@a.dfs.core.windows.net/x",
            "/w/landing/c@a.dfs.core.windows.net/x",
            "abfss://c@a.dfs.core.windows.net/x",
        ),
        ("dbfs:/Volumes/cat/sch/vol/x/", "/w/landing/Volumes/cat/sch/vol/x", "/Volumes/cat/sch/vol/x"),
        ("/Volumes/cat/sch/vol", "/w/landing/Volumes/cat/sch/vol", "/Volumes/cat/sch/vol"),
        ("landing/db", "/project/landing/db", "/project/landing/db"),
        ("/data/db", "/data/db", "/data/db"),
        ("file:///data/db", "/data/db", "/data/db"),
    ],
)
def test_places_resolve_locally_and_remotely(place, local, remote):
    assert LOCAL.resolve(place) == local
    assert REMOTE.resolve(place) == remote


@pytest.mark.parametrize("place", ["s3://bucket/../../etc", "dbfs:/Volumes/../../etc/passwd"])
def test_a_place_cannot_climb_out_of_its_bucket(place):
    with pytest.raises(HavenlakeError, match="climbs out") as caught:
        LOCAL.resolve(place)
    assert caught.value.code == "HL-CFG-004"


def test_tables_lie_in_the_warehouse_or_where_the_catalog_says():
    assert LOCAL.is_local
    assert not REMOTE.is_local
    assert LOCAL.table_location(TABLE) == "/w/ctl_dev_bronze/platformdb/message"
    assert REMOTE.table_location(TABLE) is None


def test_staging_is_one_folder_for_each_run_and_table():
    assert LOCAL.staging("r/1", TABLE) == "/w/_staging/r_1/ctl_dev_bronze.platformdb.message"
    assert REMOTE.staging("r1", TABLE) is None
    volume = Storage(None, Path("/project"), staging_root="/Volumes/c/s/staging/")
    assert volume.staging("r1", TABLE) == "/Volumes/c/s/staging/r1/ctl_dev_bronze.platformdb.message"


@pytest.fixture
def export(tmp_path):
    """A folder with visible and hidden files, one level down too."""
    for name in ("b.csv", "sub/a.csv", "_SUCCESS", ".b.csv.crc", "_tmp/c.csv"):
        file = tmp_path / "db" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"id\n{name} é", encoding="utf-8")
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return tmp_path / "db"


def test_local_files_are_listed_without_spark_and_without_hidden_ones(export):
    when = datetime.fromtimestamp(1_700_000_000, UTC)
    expected = [FileInfo(str(export / "b.csv"), 11, when), FileInfo(str(export / "sub" / "a.csv"), 15, when)]
    assert list_files(None, str(export)) == expected
    assert list_files(None, str(export / "b.csv")) == expected[:1]
    assert read_text(None, str(export / "b.csv")) == "id\nb.csv é"


def test_a_missing_local_place_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        list_files(None, str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError):
        read_text(None, str(tmp_path / "absent"))


def test_a_remote_place_needs_a_session():
    with pytest.raises(ValueError, match="needs a Spark session"):
        list_files(None, "s3://bucket/x")


def test_staging_is_removed_where_that_is_possible(tmp_path):
    folder = tmp_path / "staging"
    (folder / "part").mkdir(parents=True)
    assert remove(str(folder))
    assert not folder.exists()
    assert remove(str(folder))  # nothing there is well too
    assert not remove("s3://bucket/staging")


def test_remote_staging_is_removed_by_dbutils():
    calls = []

    class Utils:
        class fs:  # noqa: N801
            @staticmethod
            def rm(place, recurse):
                calls.append((place, recurse))

    assert remove("s3://bucket/staging", Utils())
    assert calls == [("s3://bucket/staging", True)]


@pytest.mark.engines
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_spark_lists_and_reads_the_same_files(spark, export, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = list_files(spark, f"file://{export}")
    finally:
        monkeypatch.undo()
        time.tzset()
    here = list_files(None, str(export))
    assert [(f.size, f.modified) for f in found] == [(f.size, f.modified) for f in here]
    assert [f.path.removeprefix("file:").lstrip("/") for f in found] == [f.path.lstrip("/") for f in here]
    assert read_text(spark, found[0].path) == "id\nb.csv é"


@pytest.mark.engines
def test_spark_tells_a_missing_place(spark, tmp_path):
    with pytest.raises(FileNotFoundError):
        list_files(spark, f"file://{tmp_path}/absent")
    with pytest.raises(FileNotFoundError):
        read_text(spark, f"file://{tmp_path}/absent.json")
