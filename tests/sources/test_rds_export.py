from __future__ import annotations

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from havenlake.errors import HavenlakeError


@pytest.fixture
def export(landing):
    """Writes one export as Amazon lays it out."""

    def export_(name, taken="2026-01-01", tables=("app.public.message",), rows=1, status="COMPLETE", **info):
        folder = landing / name
        entries = [t if isinstance(t, dict) else {"target": t, "status": "COMPLETE"} for t in tables]
        for entry in entries:
            database, schema, table = entry["target"].split(".")
            part = folder / database / f"{schema}.{table}" / "1"
            part.mkdir(parents=True)
            (part / "_SUCCESS").touch()
            pq.write_table(
                pa.table({"id": range(rows), "export": [name] * rows}),
                part / "part-00000-c5a8-c000.gz.parquet",
                compression="gzip",
            )
        times = {"snapshotTime": f"{taken}T01:00:00Z", "taskEndTime": f"{taken}T02:00:00Z"}
        manifest = {"exportTaskIdentifier": name, "status": status, "percentProgress": 100, **times, **info}
        (folder / f"export_info_{name}.json").write_text(json.dumps(manifest))
        (folder / f"export_tables_info_{name}_from_1_to_{len(entries)}.json").write_text(
            json.dumps({"perTableStatus": entries})
        )
        return folder

    return export_


@pytest.fixture
def source(opened):
    return lambda **keys: opened(layout="rds_export", **keys)


def refused(source, name="message"):
    with pytest.raises(HavenlakeError) as caught:
        source.table(name)
    return caught.value


def exports_read(table):
    return {row["export"] for row in table.frame.collect()}


@pytest.mark.engines
def test_the_newest_is_told_by_its_manifest(source, export):
    export("z-first", "2026-01-01")
    export("a-newest", "2026-01-03")
    late = export("m-second", "2026-01-02")
    os.utime(late / "export_info_m-second.json", (2_000_000_000, 2_000_000_000))
    table = source().table("message")
    assert exports_read(table) == {"a-newest"}
    assert table.description.startswith("RDS export a-newest in s3://bucket/base, app/public.message, 1 file(s), ")
    assert "skipped" not in table.description


def test_of_two_tasks_on_one_snapshot_the_later_counts(source, export):
    export("b", "2026-01-01", taskEndTime="2026-01-01T04:00:00Z")
    export("a", "2026-01-01", taskEndTime="2026-01-01T05:00:00Z")
    assert exports_read(source().table("message")) == {"a"}


def test_a_named_export(source, export):
    export("old", "2026-01-01")
    export("new", "2026-01-03")
    assert exports_read(source(export="old").table("message")) == {"old"}
    error = refused(source(export="missing"))
    assert (error.code, "'missing'" in error.message) == ("HL-SRC-001", True)


def test_the_base_may_be_the_export_itself(source, export, landing, opened):
    folder = export("only")
    for path in folder.iterdir():
        path.rename(landing / path.name)
    folder.rmdir()
    assert exports_read(source().table("message")) == {"only"}


def test_unfinished_exports_are_skipped_and_told(source, export, landing):
    export("good", "2026-01-01")
    export("running", "2026-01-02", status="IN_PROGRESS", percentProgress=40)
    (export("bare", "2026-01-03") / "export_info_bare.json").unlink()
    (export("torn", "2026-01-04") / "export_info_torn.json").write_text('{"status": "COMP')
    table = source().table("message")
    assert exports_read(table) == {"good"}
    for told in (
        "skipped export running: its status is IN_PROGRESS",
        "skipped export bare: it has no export_info manifest",
        "skipped export torn: its manifest cannot be read",
    ):
        assert told in table.description


@pytest.mark.parametrize("wanted", [None, "running"])
def test_an_unfinished_export_is_refused_by_name(source, export, wanted):
    export("running", status="IN_PROGRESS")
    if wanted:
        export("good")
    error = refused(source(**({"export": wanted} if wanted else {})))
    assert error.code == "HL-SRC-003"
    assert "'running': its status is IN_PROGRESS" in error.message


def test_no_export_at_all(source, landing):
    assert refused(source()).code == "HL-SRC-001"


@pytest.mark.parametrize("damage", ["status", "no success", "no tables manifest", "torn tables manifest"])
def test_an_unfinished_table_is_refused(source, export, damage):
    entry = {"target": "app.public.message", "status": "IN_PROGRESS" if damage == "status" else "COMPLETE"}
    folder = export("e", tables=[entry, "app.public.texter"])
    if damage == "no success":
        (folder / "app" / "public.message" / "1" / "_SUCCESS").unlink()
    manifest = folder / "export_tables_info_e_from_1_to_2.json"
    if damage == "no tables manifest":
        manifest.unlink()
    if damage == "torn tables manifest":
        manifest.write_text(manifest.read_text()[:-5])
    assert refused(source()).code == "HL-SRC-003"
    if damage in ("status", "no success"):
        assert exports_read(source().table("texter")) == {"e"}


def test_success_may_lie_in_the_table_folder(source, export):
    folder = export("e") / "app" / "public.message"
    (folder / "1" / "_SUCCESS").rename(folder / "_SUCCESS")
    assert exports_read(source().table("message")) == {"e"}


def test_every_batch_needs_its_success(source, export):
    folder = export("e") / "app" / "public.message"
    (folder / "2").mkdir()
    pq.write_table(pa.table({"id": [9], "export": ["second"]}), folder / "2" / "part-00000.gz.parquet")
    error = refused(source())
    assert (error.code, "public.message/2" in error.message) == ("HL-SRC-003", True)
    (folder / "2" / "_SUCCESS").touch()
    table = source().table("message")
    assert exports_read(table) == {"e", "second"}
    assert {r["_source_position"] for r in table.positions().collect()} == {
        "1/part-00000-c5a8-c000.gz.parquet#0",
        "2/part-00000.gz.parquet#0",
    }


def test_table_names(source, export):
    export("e", tables=["app.public.message", "app.audit.message", "app.public.texter", "other.public.texter2"])
    opened = source()
    assert opened.tables() == ("audit.message", "public.message", "texter", "texter2")
    ambiguous = refused(opened)
    assert ambiguous.code == "HL-SRC-005"
    assert "audit.message, public.message" in ambiguous.message
    assert exports_read(opened.table("public.message")) == {"e"}
    assert exports_read(opened.table("other.public.texter2")) == {"e"}
    missing = refused(opened, "textr")
    assert (missing.code, "texter" in str(missing.hint)) == ("HL-SRC-001", True)


def test_one_name_in_two_databases(source, export):
    export("e", tables=["a.public.message", "b.public.message"])
    error = refused(source())
    assert "a.public.message, b.public.message" in error.message


@pytest.mark.engines
def test_a_table_without_rows_has_no_file(source, export):
    mappings = [
        {"columnName": "id", "expectedExportedType": "int64"},
        {"columnName": "small", "expectedExportedType": "int32 (INT_16)"},
        {"columnName": "text", "expectedExportedType": "binary (UTF8)"},
        {"columnName": "price", "expectedExportedType": "fixed_len_byte_array(5) (DECIMAL(10,2))"},
    ]
    entry = {"target": "app.public.message", "status": "COMPLETE", "schemaMetadata": {"originalTypeMappings": mappings}}
    folder = export("e", tables=[entry]) / "app" / "public.message" / "1"
    (folder / "part-00000-c5a8-c000.gz.parquet").unlink()
    table = source().table("message")
    assert table.frame.schema.simpleString() == "struct<id:bigint,small:smallint,text:string,price:decimal(10,2)>"
    assert table.frame.count() == table.positions().count() == table.bytes == 0
    assert "_source_position" in table.positions().columns
    table.verify_unchanged()


@pytest.mark.parametrize(("mappings", "code"), [([], "HL-SRC-003"), ([("x", "int96 (ODD)")], "HL-SRC-007")])
def test_a_table_without_rows_and_types_is_refused(source, export, mappings, code):
    columns = [{"columnName": name, "expectedExportedType": kind} for name, kind in mappings]
    entry = {"target": "app.public.message", "status": "COMPLETE", "schemaMetadata": {"originalTypeMappings": columns}}
    (export("e", tables=[entry]) / "app/public.message/1/part-00000-c5a8-c000.gz.parquet").unlink()
    assert refused(source()).code == code


def test_all_tables_of_a_run_come_from_one_export(source, export):
    export("first", "2026-01-01", tables=["app.public.message", "app.public.texter"])
    opened = source()
    assert exports_read(opened.table("message")) == {"first"}
    export("second", "2026-01-02", tables=["app.public.message", "app.public.texter"])
    assert exports_read(opened.table("texter")) == {"first"}
    assert exports_read(source().table("texter")) == {"second"}


def test_two_exports_with_equal_files_have_different_positions(source, export):
    for name in ("a", "b"):
        export(name)
    assert source(export="a").table("message").position != source(export="b").table("message").position


def test_damaged_files_are_refused(source, export):
    folder = export("e")
    (folder / "app/public.message/1/part-00000-c5a8-c000.gz.parquet").write_bytes(b"PAR1")
    assert refused(source()).code == "HL-SRC-002"
