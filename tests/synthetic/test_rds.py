"""The layout of AWS RDS snapshot exports, complete and half-finished."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from havenlake.errors import HavenlakeError
from havenlake.synthetic import MARKER, TABLES, PlatformDatabase, write_rds_export

_DATABASE = PlatformDatabase(1_000)


def test_a_complete_export(tmp_path):
    root = write_rds_export(_DATABASE, tmp_path, "nightly-1", day=1, files_per_table=2)
    assert root == tmp_path / "nightly-1"
    info = json.loads((root / "export_info_nightly-1.json").read_text())
    assert (info["exportTaskIdentifier"], info["status"], info["percentProgress"]) == ("nightly-1", "COMPLETE", 100)
    assert info["taskEndTime"] > info["taskStartTime"] > info["snapshotTime"]
    tables = json.loads((root / "export_tables_info_nightly-1_from_1_to_10.json").read_text())["perTableStatus"]
    assert [t["target"] for t in tables] == [f"platform.public.{name}" for name in TABLES]
    for table, status in zip(TABLES, tables, strict=True):
        assert status["status"] == "COMPLETE"
        columns = [c["columnName"] for c in status["schemaMetadata"]["originalTypeMappings"]]
        assert columns == _DATABASE.schema(table, 1).names
        folder = root / "platform" / f"public.{table}" / "1"
        files = sorted(folder.glob("*.parquet"))
        assert (folder / "_SUCCESS").stat().st_size == 0
        assert all(re.fullmatch(r"part-\d{5}-[0-9a-f-]{36}\.gz\.parquet", f.name) for f in files)
        assert pq.ParquetFile(files[0]).metadata.row_group(0).column(0).compression == "GZIP"
        read = pa.concat_tables([pq.read_table(f) for f in files])
        assert read.combine_chunks().equals(_DATABASE.table(table, 1).combine_chunks())
    assert json.loads((tmp_path / MARKER).read_text())["synthetic"] is True


def test_a_partial_export_says_so_and_lacks_tables(tmp_path):
    root = write_rds_export(_DATABASE, tmp_path, "partial", complete=False)
    info = json.loads((root / "export_info_partial.json").read_text())
    assert (info["status"], info["percentProgress"], info["taskEndTime"]) == ("IN_PROGRESS", 60, None)
    there = {p.name.removeprefix("public.") for p in (root / "platform").iterdir()}
    assert there == set(TABLES[:6])
    statuses = json.loads(next(root.glob("export_tables_info_*")).read_text())["perTableStatus"]
    assert [s["status"] for s in statuses] == ["COMPLETE"] * 6 + ["IN_PROGRESS"] * 4


def test_exports_stand_side_by_side_and_newer_ones_say_a_later_time(tmp_path):
    roots = [write_rds_export(_DATABASE, tmp_path, f"e{day}", day=day) for day in (0, 1)]
    times = [json.loads((r / f"export_info_{r.name}.json").read_text())["snapshotTime"] for r in roots]
    assert times == sorted(set(times))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([MARKER, "e0", "e1"])


def test_types_as_aws_exports_them(tmp_path):
    root = write_rds_export(_DATABASE, tmp_path, "x", types="aws")
    row = pq.read_table(root / "platform" / "public.conversation").to_pylist()[1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00", row["started_at"])
    assert row["tags"] == "{" + ",".join(_DATABASE.table("conversation")["tags"][1].as_py()) + "}"
    log = pq.read_table(root / "platform" / "public.reporting_log").to_pylist()[0]
    assert log["score"] == str(_DATABASE.table("reporting_log")["score"][0].as_py())
    mapping = json.loads(next(root.glob("export_tables_info_*")).read_text())["perTableStatus"][1]["schemaMetadata"]
    by_name = {c["columnName"]: c for c in mapping["originalTypeMappings"]}
    assert by_name["started_at"]["originalType"] == "timestamp with time zone"
    assert by_name["tags"]["originalType"] == "ARRAY"
    assert all(c["originalType"] for c in by_name.values())


@pytest.mark.parametrize("identifier", ["", "../x", "a/b", ".hidden"])
def test_identifiers_that_are_no_file_names_are_refused(tmp_path, identifier):
    with pytest.raises(HavenlakeError, match="HL-CFG-004"):
        write_rds_export(_DATABASE, tmp_path, identifier)
    assert not list(tmp_path.iterdir())
