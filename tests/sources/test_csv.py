from __future__ import annotations

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from havenlake.errors import HavenlakeError
from havenlake.sources import translate
from havenlake.sources._csv_worker import CsvParser

SECRET = "jess called"


def rows(table):
    return [tuple(row) for row in table.frame.collect()]


def failure(source):
    """What the user is told, whether the table cannot be opened or not be read."""
    table = None
    try:
        table = source.table("t")
        table.frame.collect()
    except Exception as error:  # noqa: BLE001  # any engine's
        return translate(error, "t", table)
    pytest.fail("nothing was raised")


def parsed(path, columns=("id", "text"), header=None):
    """Rows as the parser alone gives them, without Spark: it is the code that runs in the workers."""
    parser = CsvParser(columns, {path.name: header or list(columns)}, str(path.parent), positions=True)
    batches = parser(iter([pa.RecordBatch.from_pydict({"path": [str(path)]})]))
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.fixture(params=["local", "remote"])
def place(request):
    if request.param == "remote":
        request.getfixturevalue("elsewhere")
    return request.param


CASES = {
    "quotes": (b'id,text\n1,"say ""hi"", ok"\n', [("1", 'say "hi", ok')]),
    "line breaks": (b'id,text\n1,"a\nb\r\nc\rd"\n', [("1", "a\nb\r\nc\rd")]),
    "line breaks, CRLF": (b'id,text\r\n1,"a\nb\r\nc\rd"\r\n', [("1", "a\nb\r\nc\rd")]),
    "CR only": (b'id,text\r1,"a\nb"\r', [("1", "a\nb")]),
    "null and empty": (b'id,text\n1,\n2,""\n', [("1", None), ("2", "")]),
    "byte order mark": (b"\xef\xbb\xbfid,text\n1,\xc3\xa9\n", [("1", "é")]),
    "byte order mark, quotes": (b'\xef\xbb\xbf"id","text"\n"1",x\n', [("1", "x")]),
    "NUL": (b'id,text\n1,"a\x00b"\n\x002,\x00\n', [("1", "a\x00b"), ("\x002", "\x00")]),
    "spaces": (b'id,text\n 1 ," x "\n', [(" 1 ", " x ")]),
    "backslashes": (b'id,text\n1,\\\n2,"\\"\n', [("1", "\\"), ("2", "\\")]),
    "comment signs": (b"id,text\n#1,//\n", [("#1", "//")]),
    "numbers stay text": (b"id,text\n007,1.10\n", [("007", "1.10")]),
    "no line end": (b"id,text\n1,", [("1", None)]),
    "blank lines": (b"id,text\n\n1,x\n\n", [("1", "x")]),
    "header only": (b"id,text\n", []),
    "header only, no line end": (b"id,text", []),
}


@pytest.mark.parametrize("case", CASES)
def test_rfc_4180_is_read_exactly(tmp_path, case):
    content, expected = CASES[case]
    (tmp_path / "a.csv").write_bytes(content)
    assert parsed(tmp_path / "a.csv") == [(*row, f"a.csv#{i}") for i, row in enumerate(expected, 1)]


@pytest.mark.engines
def test_a_frame_holds_what_the_parser_reads(opened, write, place):
    for i, (content, _) in enumerate(CASES.values()):
        write(f"t/{i:02}.csv", content)
    table = opened().table("t")
    assert table.frame.schema.simpleString() == "struct<id:string,text:string>"
    expected = {
        (*row, f"{i:02}.csv#{n}") for i, (_, rows) in enumerate(CASES.values()) for n, row in enumerate(rows, 1)
    }
    assert {tuple(row) for row in table.positions().collect()} == expected
    assert table.frame.count() == len(expected)


def test_one_column_tells_null_from_empty(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'only\nx\n\n""\ny\n')
    assert [row[0] for row in parsed(tmp_path / "a.csv", ("only",))] == ["x", None, "", "y"]


@pytest.mark.engines
def test_headers_decide_where_a_value_goes(opened, write, place):
    write("t/a.csv", "id,text\n1,one\n")
    write("t/b.csv", 'new,text,"id"\nn,two,2\n')
    write("t/c.csv.gz", gzip.compress(b"id\n3\n"))
    table = opened().table("t")
    assert table.frame.columns == ["id", "text", "new"]
    assert set(rows(table)) == {("1", "one", None), ("2", "two", "n"), ("3", None, None)}
    assert {(r["id"], r["_source_position"]) for r in table.positions().collect()} == {
        ("1", "a.csv#1"),
        ("2", "b.csv#1"),
        ("3", "c.csv.gz#1"),
    }


def test_odd_column_names_are_kept(opened, write):
    write("t/a.csv", '"a.b",A B,"line\nbreak","q""q",ñ\n1,2,3,4,5\n')
    table = opened().table("t")
    assert table.frame.columns == ["a.b", "A B", "line\nbreak", 'q"q', "ñ"]
    assert rows(table) == [("1", "2", "3", "4", "5")]


@pytest.mark.parametrize("header", ["id,Id", "id,id", "id,_run_id", "id,", "id, "])
def test_bad_column_names_are_refused(opened, write, header):
    write("t/a.csv", f"{header}\n1,2\n")
    with pytest.raises(HavenlakeError) as caught:
        opened().table("t")
    assert caught.value.code == "HL-SRC-006"


@pytest.mark.parametrize(
    "content",
    [
        b"id,n\xe4me\n1,x\n",  # Latin-1
        "id,text\n1,x\n".encode("utf-16"),
        b'"id,text\n1,x\n',
        b"id,text\n1,x\n"[:0] + b"\n\n",
    ],
)
def test_a_bad_header_is_refused_before_anything_is_read(opened, write, place, content):
    write("t/a.csv", "id,text\n1,x\n")
    write("t/b.csv", content)
    with pytest.raises(HavenlakeError) as caught:
        opened().table("t")
    assert (caught.value.code, "'b.csv'" in caught.value.message) == ("HL-SRC-002", True)


BAD = {
    "Latin-1": (f"id,text\n1,x\n2,{SECRET} café\n".encode("latin-1"), "not valid UTF-8", 2),
    "surrogate": (b"id,text\n1,\xed\xa0\x80\n", "not valid UTF-8", 1),
    "too few values": (f"id,text\n1,x\n{SECRET}\n".encode(), "more or fewer values", 2),
    "too many values": (f"id,text\n1,x,{SECRET}\n".encode(), "more or fewer values", 1),
    "cut inside quotes": (f'id,text\n1,x\n2,"{SECRET}'.encode(), "quotes", 2),
    "text behind quotes": (f'id,text\n1,"x"{SECRET}\n'.encode(), "quotes", 1),
    "quote inside a value": (f'id,text\n1,x"{SECRET}\n'.encode(), "quotes", 1),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_content_fails_by_file_and_record_and_never_quotes_it(tmp_path, case):
    content, what, record = BAD[case]
    (tmp_path / "b.csv").write_bytes(content)
    with pytest.raises(HavenlakeError) as caught:
        parsed(tmp_path / "b.csv")
    error = translate(caught.value, "t")
    assert error.code == "HL-SRC-002"
    assert "'b.csv'" in error.message
    assert what in error.message
    assert f"(record {record})" in error.message or what == "not valid UTF-8"
    assert SECRET not in str(error) + str(caught.value)


@pytest.mark.engines
def test_bad_content_reaches_the_user_the_same_way(opened, write):
    write("t/a.csv", "id,text\n1,x\n")
    write("t/b.csv", BAD["too few values"][0])
    error = failure(opened())
    assert error.message == (
        "source file 'b.csv' cannot be read: a record has more or fewer values than the header (record 2)"
    )


def test_bad_encoding_behind_the_first_mebibyte_fails_alike(opened, write, place):
    write("t/b.csv", b"id,text\n" + b"1,xxxxx\n" * 200_000 + BAD["Latin-1"][0].split(b"\n", 2)[2])
    error = failure(opened())
    assert error.message == "source file 'b.csv' cannot be read: it is not valid UTF-8 text (record 200001)"


@pytest.mark.engines
def test_every_action_is_strict(opened, write):
    write("t/b.csv", BAD["too few values"][0])
    frame = opened().table("t").frame
    for action in (frame.count, frame.select("id").collect):
        with pytest.raises(Exception, match="HL-SRC-002"):
            action()


def test_damaged_compression_is_refused(tmp_path):
    whole = gzip.compress(b"id,text\n" + b"1,x\n" * 1000)
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HavenlakeError, match='"content"'):
        parsed(tmp_path / "a.csv.gz")


def test_a_header_that_changed_since_is_noticed(opened, write):
    write("t/a.csv", "id,text\n1,x\n")
    table = opened().table("t")
    write("t/a.csv", "id,more,text\n1,x,y\n")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        table.frame.collect()
    assert "header changed" in translate(caught.value, "t", table).message


def test_a_file_without_bytes_is_refused(opened, write):
    write("t/a.csv", "id\n1\n")
    write("t/b.csv", "")
    with pytest.raises(HavenlakeError, match=r"b\.csv") as caught:
        opened().table("t")
    assert caught.value.code == "HL-SRC-002"


def test_ten_megabytes_of_text(opened, write, place):
    text = 'quoted " and\nbroken ' * 500_000
    write("t/a.csv", 'id,text\n1,"' + text.replace('"', '""') + '"\n2,x\n')
    assert rows(opened().table("t")) == [("1", text), ("2", "x")]


TEXT = st.text(
    alphabet=st.one_of(st.sampled_from('",\n\r\\\x00 \ufeff\u2028\x85é💥#'), st.characters(exclude_categories=["Cs"]))
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.tuples(TEXT, TEXT), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    bom=st.booleans(),
)
def test_whatever_is_written_is_read(tmp_path, values, end, bom):
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([("id", "text"), *values])
    path = tmp_path / "a.csv"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode())
    assert parsed(path) == [(*row, f"a.csv#{i}") for i, row in enumerate(values, 1)]


def test_blocks_do_not_show(tmp_path, monkeypatch):
    monkeypatch.setattr("havenlake.sources._csv_worker.BLOCK", 64)
    monkeypatch.setattr("havenlake.sources._csv_worker._HANDED_OVER", 100)
    path = tmp_path / "a.csv"
    path.write_text("id,text\n" + "".join(f'{i},"a\nb"\n' for i in range(500)))
    assert parsed(path) == [(str(i), "a\nb", f"a.csv#{i + 1}") for i in range(500)]
    path.write_text(f"id,text\n1,{'x' * 1000}\n")
    with pytest.raises(HavenlakeError, match='"size"'):
        parsed(path)
