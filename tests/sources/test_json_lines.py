from __future__ import annotations

import gzip

import pyarrow as pa
import pytest

from havenlake.errors import HavenlakeError
from havenlake.sources import translate
from havenlake.sources._json_worker import keys_of_files

SECRET = "jess called"


def values(table):
    return in_order({k: v for k, v in row.asDict().items() if v is not None} for row in table.frame.collect())


def in_order(rows):
    return sorted(rows, key=lambda row: sorted(row.items()))


@pytest.fixture(params=["local", "remote"])
def place(request):
    if request.param == "remote":
        request.getfixturevalue("elsewhere")


@pytest.mark.engines
def test_every_key_is_a_string_with_the_text_of_the_file(opened, write, place):
    write(
        "t/a.jsonl",
        b'{"id":1,"n":1.10,"big":12345678901234567890123,"o":{"k": 1.50, "z":[1,  2.0]},"b":true,"u":null}\n'
        b'{"id":"1","n":1e400,"big":-0,"o":"{\\"k\\"}","b":"true","_corrupt_record":"kept","_metadata":"m"}\n'
        b"\r\n"
        b'{"id":"h\xc3\xa9 \xf0\x9f\x92\xa5 \\u00e9 \\ud83d\\udca5 \\n\\u0000","a.b":0.1234567890123456789012345}',
    )
    write("t/b.ndjson", b'\xef\xbb\xbf{"id":"","A B":[]}\n{}\n')
    table = opened().table("t")
    assert {f.dataType.simpleString() for f in table.frame.schema} == {"string"}
    assert table.frame.columns == ["A B", "_corrupt_record", "_metadata", "a.b", "b", "big", "id", "n", "o", "u"]
    assert values(table) == in_order(
        [
            {"id": "1", "n": "1.10", "big": "12345678901234567890123", "o": '{"k": 1.50, "z":[1,  2.0]}', "b": "true"},
            {
                "id": "1",
                "n": "1e400",
                "big": "-0",
                "o": '{"k"}',
                "b": "true",
                "_corrupt_record": "kept",
                "_metadata": "m",
            },
            {"id": "hé 💥 é 💥 \n\x00", "a.b": "0.1234567890123456789012345"},
            {"id": "", "A B": "[]"},
            {},
        ]
    )


@pytest.mark.engines
def test_positions_tell_the_file(opened, write):
    write("t/a.json", '{"id":1}\n')
    write("t/b.json.gz", gzip.compress(b'{"id":2}\n'))
    positions = opened().table("t").positions()
    assert {(r["id"], r["_source_position"]) for r in positions.collect()} == {("1", "a.json"), ("2", "b.json.gz")}


BAD = {
    "cut short": ('{"id":1,"text":"' + SECRET, "not one complete JSON object"),
    "not an object": (f'["{SECRET}"]', "not one complete JSON object"),
    "more behind": ('{"id":1} {"id":2}', "not one complete JSON object"),
    "single quotes": ("{'id':1}", "not one complete JSON object"),
    "not a number": ('{"id":NaN}', "not one complete JSON object"),
    "control character": ('{"id":"a\x01b"}', "not one complete JSON object"),
    "one document": ('{\n"id": 1\n}', "not one complete JSON object"),
    "Latin-1": ('{"id":"café"}'.encode("latin-1"), "not valid UTF-8"),
    "UTF-16": ('{"id":1}'.encode("utf-16"), "not valid UTF-8"),
    "raw surrogate": (b'{"id":"\xed\xa0\x80"}', "not valid UTF-8"),
    "half a pair": ('{"id":1,"text":"' + SECRET + ' \\uD83D"}', "surrogate"),
    "half a pair, nested": ('{"id":1,"o":{"text":["\\udca5"]}}', "surrogate"),
    "half a pair, key": ('{"\\udca5":1}', "surrogate"),
    "key twice": ('{"id":1,"id":2}', "written twice"),
}


def keys(line):
    """The check alone, without Spark: it is the code that runs in the workers."""
    batch = pa.RecordBatch.from_pydict(
        {"file": ["b.jsonl"], "line": [line if isinstance(line, bytes) else line.encode()]}
    )
    return next(keys_of_files(iter([batch])))["key"].to_pylist()


@pytest.mark.parametrize("case", BAD)
def test_bad_lines_are_refused_by_file_and_never_quoted(case):
    line, what = BAD[case]
    with pytest.raises(HavenlakeError) as caught:
        keys(line if isinstance(line, bytes) else line.partition("\n")[0])
    error = translate(caught.value, "t")
    assert error.message.startswith("source file 'b.jsonl' cannot be read: ")
    assert what in error.message
    assert SECRET not in str(error) + str(caught.value)


@pytest.mark.engines
def test_a_bad_line_is_refused_before_anything_is_written(opened, write):
    write("t/a.jsonl", '{"id":1}\n')
    write("t/b.jsonl", '{"id":1}\n' + BAD["cut short"][0])
    with pytest.raises(HavenlakeError) as caught:
        opened().table("t")
    assert (caught.value.code, caught.value.where) == ("HL-SRC-002", "table 't'")
    assert "'b.jsonl'" in caught.value.message
    assert SECRET not in str(caught.value)


def test_keys_of_good_lines():
    assert keys("  ") == keys("\r") == keys("{}") == []
    assert keys(b'\xef\xbb\xbf{"b":[{"c":1,"c":2}],"a":1}') == ["a", "b"]


def test_an_escaped_backslash_is_no_surrogate(opened, write):
    write("t/a.jsonl", r'{"id":"c:\\ud800 and \ud83d\udca5"}')
    assert values(opened().table("t")) == [{"id": r"c:\ud800 and 💥"}]


@pytest.mark.parametrize(("content", "code"), [("\n\n", "HL-SRC-002"), ("{}\n", "HL-SRC-002"), ("", "HL-SRC-002")])
def test_files_without_keys_are_no_table(opened, write, content, code):
    write("t/a.jsonl", content)
    with pytest.raises(HavenlakeError) as caught:
        opened().table("t")
    assert caught.value.code == code


def test_keys_that_are_values_are_refused(opened, write, monkeypatch):
    monkeypatch.setattr("havenlake.sources._json_lines.MAX_COLUMNS", 10)
    write("t/a.jsonl", "".join(f'{{"k{i}":1}}\n' for i in range(20)))
    with pytest.raises(HavenlakeError, match="20 different keys"):
        opened().table("t")


def test_names_are_checked(opened, write):
    write("t/a.jsonl", '{"id":1}\n{"ID":2}\n')
    with pytest.raises(HavenlakeError) as caught:
        opened().table("t")
    assert caught.value.code == "HL-SRC-006"


def test_ten_megabytes_of_text(opened, write):
    write("t/a.jsonl", '{"id":1,"text":"' + "é" * 5_000_000 + '"}\n')
    table = opened().table("t")
    assert table.frame.selectExpr("length(text)").collect()[0][0] == 5_000_000
