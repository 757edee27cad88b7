"""Exports read back equal in each format, folders are replaced as a whole, and other data is never touched."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from havenlake.errors import HavenlakeError
from havenlake.synthetic import MARKER, TABLES, PlatformDatabase, write_export
from havenlake.synthetic.folders import replaced

_DATABASE = PlatformDatabase(3_000, country="eu")


def _parsed(text, kind):
    """A value of a text format in the table's type."""
    if text is None:
        return None
    if pa.types.is_timestamp(kind):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if pa.types.is_date(kind):
        return date.fromisoformat(text)
    if pa.types.is_decimal(kind):
        return Decimal(str(text)).quantize(Decimal("0.01"))
    if isinstance(text, str) and not pa.types.is_string(kind):
        return json.loads(text)
    return text


def _read_parquet(folder, table, day):
    return pa.concat_tables([pq.read_table(f) for f in sorted(folder.glob("*.parquet"))])


def _read_jsonl(folder, table, day):
    schema = _DATABASE.schema(table, day)
    texts = [f.read_bytes().decode() for f in sorted(folder.glob("*.jsonl"))]
    rows = [json.loads(line) for text in texts for line in text.split("\n")[:-1]]
    assert all(list(row) == schema.names for row in rows)
    typed = [{f.name: _parsed(row[f.name], f.type) for f in schema} for row in rows]
    return pa.Table.from_pylist(typed, schema=schema)


@pytest.mark.parametrize(("kind", "read"), [("parquet", _read_parquet), ("jsonl", _read_jsonl)])
@pytest.mark.parametrize("files", [1, 3])
def test_what_is_read_back_is_what_was_made(tmp_path, kind, read, files):
    written = write_export(_DATABASE, tmp_path / "x", day=3, format=kind, files_per_table=files)
    assert written == {table: _DATABASE.count(table, 3) for table in TABLES}
    for table in TABLES:
        names = sorted(f.name for f in (tmp_path / "x" / table).iterdir())
        assert names == [f"part-{n:05d}.{kind}" for n in range(files)]
        found = read(tmp_path / "x" / table, table, 3)
        assert found.combine_chunks().equals(_DATABASE.table(table, 3).combine_chunks())


def _fields(text):
    """Records of RFC 4180 text; None for an empty field without quotes, which the csv module cannot tell."""
    records, record, field, quoted, at = [], [], [], None, 0
    while at < len(text):
        c = text[at]
        if quoted and c == '"' and text[at + 1 : at + 2] == '"':
            field.append('"')
            at += 1
        elif c == '"':
            quoted = not quoted if quoted is not None else True
        elif quoted:
            field.append(c)
        elif c == "," or text.startswith("\r\n", at):
            record.append("".join(field) if field or quoted is not None else None)
            field, quoted = [], None
            if c != ",":
                records.append(record)
                record = []
                at += 1
        else:
            assert c not in "\r\n", "a record ends with CRLF"
            field.append(c)
        at += 1
    assert not record
    return records


def test_csv_keeps_quotes_line_breaks_and_the_difference_of_null_and_empty(tmp_path):
    write_export(_DATABASE, tmp_path / "x", format="csv")
    seen = ""
    for table in TABLES:
        text = (tmp_path / "x" / table / "part-00000.csv").read_bytes().decode()
        header, *records = _fields(text)
        schema = _DATABASE.schema(table)
        assert header == schema.names
        rows = [{f.name: _parsed(v, f.type) for f, v in zip(schema, r, strict=True)} for r in records]
        assert pa.Table.from_pylist(rows, schema=schema).equals(_DATABASE.table(table).combine_chunks()), table
        seen += text
    assert all(rare in seen for rare in ('""', "\r\n", ",,", ',"",'))


def test_marker_says_what_the_data_is(tmp_path):
    write_export(_DATABASE, tmp_path / "x", day=1)
    marker = json.loads((tmp_path / "x" / MARKER).read_text())
    assert marker["synthetic"] is True
    assert marker["complete"] is True
    assert (marker["seed"], marker["messages"], marker["country"], marker["day"]) == (7, 3_000, "eu", 1)
    assert marker["tables"] == {table: _DATABASE.count(table, 1) for table in TABLES}
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == sorted([MARKER, *TABLES])


def test_a_later_day_replaces_the_files_of_the_one_before(tmp_path):
    write_export(_DATABASE, tmp_path, day=0, files_per_table=4)
    write_export(_DATABASE, tmp_path, day=1)
    assert [f.name for f in (tmp_path / "message").iterdir()] == ["part-00000.parquet"]
    assert pq.read_table(tmp_path / "message").num_rows == _DATABASE.count("message", 1)


def test_changed_only_leaves_unchanged_tables_alone(tmp_path):
    write_export(_DATABASE, tmp_path, day=0)
    before = {t: (tmp_path / t / "part-00000.parquet").stat().st_mtime_ns for t in TABLES}
    written = write_export(_DATABASE, tmp_path, day=2, changed_only=True)
    untouched = {t for t in TABLES if (tmp_path / t / "part-00000.parquet").stat().st_mtime_ns == before[t]}
    assert untouched == {"reporting_question", "content_resource", "responder"} == set(TABLES) - set(written)
    # events changed on day 1, which this folder has not seen
    for table in TABLES:
        assert pq.read_table(tmp_path / table).combine_chunks().equals(_DATABASE.table(table, 2).combine_chunks())


@pytest.mark.parametrize(
    "other", [PlatformDatabase(3_000, seed=8, country="eu"), PlatformDatabase(2_000, country="eu")]
)
def test_changed_only_writes_all_where_the_folder_holds_another_database(tmp_path, other):
    write_export(other, tmp_path)
    assert set(write_export(_DATABASE, tmp_path, day=1, changed_only=True)) == set(TABLES)


def test_data_that_is_not_marked_is_never_touched(tmp_path):
    (tmp_path / "message").mkdir()
    (tmp_path / "message" / "real.parquet").write_bytes(b"kept")
    with pytest.raises(HavenlakeError, match="HL-SRC-008"):
        write_export(_DATABASE, tmp_path)
    assert [p.name for p in tmp_path.rglob("*")] == ["message", "real.parquet"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "x").write_text("a file")
    with pytest.raises(HavenlakeError, match="HL-CFG-004"):
        write_export(_DATABASE, tmp_path / "x")


@pytest.mark.parametrize("arguments", [{"format": "orc"}, {"files_per_table": 0}])
def test_impossible_options_are_refused_before_anything_is_written(tmp_path, arguments):
    with pytest.raises(HavenlakeError, match="HL-CFG-004"):
        write_export(_DATABASE, tmp_path / "x", **arguments)
    assert not (tmp_path / "x").exists()


def test_a_writer_that_dies_leaves_the_old_folder_whole_and_the_next_one_cleans_up(tmp_path):
    folder = tmp_path / "message"
    with replaced(folder) as new:
        (new / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), replaced(folder) as new:
        (new / "a").write_text(f"half {1 / 0}")
    assert (folder / "a").read_text() == "old"
    folder.rename(tmp_path / ".message.old")  # died between the two renames
    with replaced(folder) as new:
        assert (folder / "a").read_text() == "old"
        (new / "b").write_text("new")
    assert [p.name for p in tmp_path.rglob("*")] == ["message", "b"]
