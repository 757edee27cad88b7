import gzip
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from havenlake.errors import HavenlakeError
from havenlake.suggest import FolderTables, asset_text, draft
from tests.suggest.drafts import TODAY, drafted, loaded


def table(found, name):
    return next(t for t in found.tables if t.name == name)


def parquet(folder, columns, part="a"):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / f"{part}.parquet")


def test_a_composite_identity_is_found_and_confirmed_on_all_rows(tmp_path):
    rows = [(i, j) for i in range(30) for j in range(3)]
    parquet(
        tmp_path / "member", {"group_id": [i for i, _ in rows], "person_id": [j for _, j in rows], "score": [1.5] * 90}
    )
    found = table(drafted(tmp_path), "member")
    assert set(found.key.columns) == {"group_id", "person_id"}
    assert found.key.reason == "unique and never empty in all 90 rows"


def test_id_is_preferred_then_the_tables_own_id(tmp_path):
    numbers = list(range(40))
    parquet(tmp_path / "orders", {"a_number": numbers, "order_id": numbers, "id": numbers})
    parquet(tmp_path / "visits", {"a_number": numbers, "other_id": numbers, "visit_id": numbers})
    found = drafted(tmp_path)
    assert table(found, "orders").key.columns == ("id",)
    assert table(found, "visits").key.columns == ("visit_id",)


def test_a_column_that_repeats_after_the_sample_is_no_identity(tmp_path):
    parquet(tmp_path / "t", {"id": [*range(2_000), 5], "number": [*range(2_001)]})
    assert table(drafted(tmp_path, rows=100), "t").key.columns == ("number",)


def test_a_sensitive_column_is_never_the_identity(tmp_path):
    parquet(tmp_path / "t", {"email": [f"a{i}@example.org" for i in range(40)], "kind": ["a", "b"] * 20})
    parquet(tmp_path / "u", {"id": [1, 2]})
    found = drafted(tmp_path)
    assert table(found, "t").refused
    assert "# t: no draft, because no columns were found that are unique" in asset_text(found)
    assert set(loaded(found, tmp_path / "project")) == {"u"}


def test_every_part_of_a_table_is_looked_at(tmp_path):
    for part in range(20):
        mail = f"a{part}@example.org" if part > 10 else "open"
        parquet(tmp_path / "t", {"id": [part * 10 + i for i in range(10)], "x1": [mail] * 10}, f"{part:02}")
    assert table(drafted(tmp_path, rows=80), "t").verdicts["x1"].sensitive


def test_links_need_values_that_are_there(tmp_path):
    numbers = list(range(50))
    parquet(tmp_path / "conversation", {"id": numbers, "country": ["US"] * 50})
    parquet(tmp_path / "message", {"id": numbers, "conversation_id": numbers})
    parquet(tmp_path / "stray", {"id": numbers, "conversation_id": [n + 40 for n in numbers]})
    found = drafted(tmp_path)
    assert table(found, "message").context.via.table == "conversation"
    assert table(found, "stray").context is None


def test_contexts_never_go_in_a_circle(tmp_path):
    numbers = list(range(30))
    parquet(tmp_path / "a", {"id": numbers, "b_id": numbers, "c_id": numbers})
    parquet(tmp_path / "b", {"id": numbers, "a_id": numbers})
    parquet(tmp_path / "c", {"id": numbers, "country_code": ["ES"] * 30})
    assets = loaded(drafted(tmp_path), tmp_path / "project")
    assert {name: asset.context and asset.context.via for name, asset in assets.items()} == {
        "a": "c",
        "b": "a",
        "c": None,
    }


def test_names_that_yaml_would_read_as_something_else(tmp_path):
    columns = {
        "id": [1],
        "true": ["a"],
        "5": ["b"],
        "sent at": ["c"],
        'quote"\nline: x': ["d"],
        "#": ["e"],
        "ünïcode": ["f"],
    }
    parquet(tmp_path / "no", columns)
    assets = loaded(drafted(tmp_path), tmp_path / "project")
    assert set(assets["no"].encrypted) == set(columns) - {"id"}


@pytest.mark.parametrize("name", ["defaults", "a b"])
def test_a_table_that_cannot_be_an_asset_is_told(tmp_path, name):
    parquet(tmp_path / name, {"id": [1]})
    parquet(tmp_path / "t", {"id": [1], "_run_id": ["x"]})
    found = drafted(tmp_path)
    assert [t.refused for t in found.tables if t.name == name] == ["its name cannot be that of an asset"]
    assert "reserved" in table(found, "t").refused


def test_csv_json_lines_and_gzip_read_as_the_load_reads_them(tmp_path):
    for name in ("plain", "packed", "lines"):
        (tmp_path / name).mkdir()
    rows = {
        "id": [str(i) for i in range(30)],
        "status": ["open", None, ""] * 10,
        "body": ['a "quoted", text\r\nof two lines'] * 30,
    }
    pacsv.write_csv(pa.table(rows), tmp_path / "plain/a.csv")
    with gzip.open(tmp_path / "packed/a.csv.gz", "wb") as file:
        pacsv.write_csv(pa.table(rows), file)
    records = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    lines = "".join(json.dumps({**record, "more": {"a": i}}) + "\n" for i, record in enumerate(records))
    (tmp_path / "lines/a.jsonl").write_text(lines)
    found = drafted(tmp_path)
    for name in ("plain", "packed", "lines"):
        assert table(found, name).key.columns == ("id",)
        assert table(found, name).verdicts["body"].treatment == "scrub"
        assert table(found, name).verdicts["status"].reason == "1 code among 10 sampled values"
    assert "JSON" in table(found, "lines").verdicts["more"].reason


def test_nested_and_binary_columns_are_encrypted(tmp_path):
    columns = {"id": [1, 2], "deep": [{"a": 1}] * 2, "raw": [b"x"] * 2, "at": [datetime(2024, 1, 1, tzinfo=UTC)] * 2}
    parquet(tmp_path / "t", columns)
    verdicts = table(drafted(tmp_path), "t").verdicts
    assert [verdicts[name].treatment for name in ("deep", "raw", "at")] == ["encrypt", "encrypt", "pass"]


BROKEN = {
    "a.parquet": b"PAR1 no parquet",
    "b.csv": b"id,x\n1,2,3\n",
    "c.csv": b"id\n\xff\xfe\n",
    "a.jsonl": b'{"id": 1\n',
    "b.jsonl": b"[1]\n",
    "a.csv.gz": b"no gzip",
}


@pytest.mark.parametrize(("name", "content"), BROKEN.items(), ids=BROKEN)
def test_a_damaged_table_is_told_and_the_others_go_on(tmp_path, name, content):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / name).write_bytes(content)
    parquet(tmp_path / "good", {"id": [1]})
    found = drafted(tmp_path)
    assert [t.name for t in found.tables] == ["good"]
    assert [error.code for error in found.failures] == ["HL-SRC-002"]
    assert name in str(found.failures[0])


def test_folders_that_are_no_tables(tmp_path):
    with pytest.raises(HavenlakeError, match="HL-SRC-001"):
        drafted(tmp_path / "absent")
    (tmp_path / "delta/_delta_log").mkdir(parents=True)
    parquet(tmp_path / "delta", {"id": [1]})
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed/a.csv").write_text("id\n1\n")
    (tmp_path / "mixed/a.jsonl").write_text('{"id": 1}\n')
    found = draft(FolderTables(tmp_path), ["delta", "mixed", "nowhere"], today=TODAY)
    assert [error.code for error in found.failures] == ["HL-SRC-005", "HL-SRC-005", "HL-SRC-001"]


def test_a_table_whose_later_rows_are_damaged_is_told(tmp_path):
    (tmp_path / "late").mkdir()
    lines = "".join(f'{{"id": {i}}}\n' for i in range(50))
    (tmp_path / "late/a.jsonl").write_text(lines + "{\n")
    parquet(tmp_path / "good", {"id": [1], "late_id": [1]})
    found = drafted(tmp_path, rows=20)
    assert [t.name for t in found.tables] == ["good"]
    assert [error.code for error in found.failures] == ["HL-SRC-002"]


@pytest.mark.parametrize("place", ["s3://bucket/x", "/Volumes/c/s/v", "abfss://x@y/z"])
def test_a_folder_elsewhere_is_told(place):
    with pytest.raises(HavenlakeError, match=r"HL-SRC-001 .*not on this machine"):
        FolderTables.at(place)
