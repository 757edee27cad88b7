"""Row hashes against a slow plain-Python model, and what must and must not change them."""

import hashlib
import hmac
import math
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havenlake.privacy import hashing
from havenlake.privacy.hashing import HashField, encoded_rows, rekeyed, row_hashes, token
from havenlake.privacy.tags import Tag

KEY = bytes(range(32))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def model_decimal(value: Decimal) -> bytes:
    sign, digits, exponent = value.as_tuple()
    number = int("".join(map(str, digits))) * (-1 if sign else 1)
    scale = -int(exponent)
    while scale and number % 10 == 0:
        number, scale = number // 10, scale - 1
    return bytes([scale]) + number.to_bytes(16, "big", signed=True)


MODEL: dict[Tag, Callable[[Any], bytes]] = {
    Tag.TEXT: lambda value: struct.pack(">I", len(value)) + value,
    Tag.INTEGER: lambda value: struct.pack(">q", value),
    Tag.BOOLEAN: lambda value: b"\x01" if value else b"\x00",
    Tag.DOUBLE: lambda value: struct.pack(">d", math.nan if math.isnan(value) else value),
    Tag.DATE: lambda value: struct.pack(">q", (value - date(1970, 1, 1)).days),
    Tag.TIMESTAMP: lambda value: struct.pack(">q", (value - EPOCH) // timedelta(microseconds=1)),
    Tag.DECIMAL: model_decimal,
}


def model(row: Sequence[tuple[str, Tag, Any]]) -> bytes:
    data = b""
    for name, tag, value in sorted(row, key=lambda item: item[0].encode()):
        if value is not None:
            data += hashlib.blake2b(name.encode(), digest_size=8).digest() + tag.value.encode() + MODEL[tag](value)
    return hashlib.blake2b(data, digest_size=16, key=KEY, person=b"havenlake.rows.1").digest()


def decimals(scale: int) -> st.SearchStrategy[Decimal]:
    def shifted(n: int) -> Decimal:
        with localcontext(prec=60):
            return Decimal(n).scaleb(-scale)

    small = st.integers(-(10**6), 10**6).map(lambda n: n * 10**3)
    return st.one_of(
        st.integers(-(10**38) + 1, 10**38 - 1), small, st.sampled_from([2**63, -(2**63), 2**63 - 1, 2**64])
    ).map(shifted)


TYPES: dict[str, tuple[Tag, pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (Tag.TEXT, pa.binary(), st.binary(max_size=12)),
    "integer": (Tag.INTEGER, pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "boolean": (Tag.BOOLEAN, pa.bool_(), st.booleans()),
    "double": (Tag.DOUBLE, pa.float64(), st.floats()),
    "date": (Tag.DATE, pa.date32(), st.dates()),
    "timestamp": (
        Tag.TIMESTAMP,
        pa.timestamp("us", "UTC"),
        st.datetimes(timezones=st.just(UTC)),
    ),
    "decimal": (Tag.DECIMAL, pa.decimal128(38, 10), decimals(10)),
    "plain decimal": (Tag.DECIMAL, pa.decimal128(38, 0), decimals(0)),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[HashField], list[pa.Array], list[list[Any]]]:
    names = draw(st.lists(st.text(max_size=5), min_size=1, max_size=6, unique=True))
    rows = draw(st.integers(0, 7))
    fields, arrays, values = [], [], []
    for name in names:
        tag, kind, strategy = TYPES[draw(st.sampled_from(sorted(TYPES)))]
        column = draw(st.lists(st.one_of(st.none(), strategy), min_size=rows, max_size=rows))
        fields.append(HashField(name, tag))
        arrays.append(pa.array(column, kind))
        values.append(column)
    return fields, arrays, values


@settings(deadline=None)
@given(tables())
def test_equals_the_model(table: tuple[list[HashField], list[pa.Array], list[list[Any]]]) -> None:
    fields, arrays, values = table
    rows = [
        [(f.name, f.tag, column[i]) for f, column in zip(fields, values, strict=True)] for i in range(len(arrays[0]))
    ]
    assert row_hashes(arrays, fields, KEY).to_pylist() == [model(row) for row in rows]


@settings(deadline=None)
@given(tables(), st.integers(0, 7), st.randoms(use_true_random=False))
def test_cut_order_and_null_columns_change_nothing(
    table: tuple[list[HashField], list[pa.Array], list[list[Any]]], cut: int, random: Any
) -> None:
    fields, arrays, _ = table
    whole = row_hashes(arrays, fields, KEY)
    parts = [[a[:cut] for a in arrays], [a[cut:] for a in arrays]]
    assert pa.concat_arrays([row_hashes(part, fields, KEY) for part in parts]).equals(whole)
    shuffled = random.sample(list(zip(fields, arrays, strict=True)), len(fields))
    shuffled.append((HashField("x" * 9, Tag.TEXT), pa.array([None] * len(whole), pa.binary())))
    assert row_hashes([a for _, a in shuffled], [f for f, _ in shuffled], KEY).equals(whole)


def one(value: Any, kind: pa.DataType, tag: Tag, name: str = "c") -> bytes:
    return bytes(row_hashes([pa.array([value], kind)], [HashField(name, tag)], KEY)[0].as_py())


def test_what_is_the_same() -> None:
    assert len({one(5, kind, Tag.INTEGER) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())}) == 1
    assert one(1.5, pa.float32(), Tag.DOUBLE) == one(1.5, pa.float64(), Tag.DOUBLE)
    assert one(Decimal("1.10"), pa.decimal128(10, 2), Tag.DECIMAL) == one(
        Decimal("1.1"), pa.decimal128(38, 1), Tag.DECIMAL
    )
    assert one(b"a", pa.binary(), Tag.TEXT) == one(b"a", pa.large_binary(), Tag.TEXT) == one("a", pa.string(), Tag.TEXT)
    other_nan = struct.unpack(">d", bytes.fromhex("7ff8000000000abc"))[0]
    assert one(other_nan, pa.float64(), Tag.DOUBLE) == one(math.nan, pa.float64(), Tag.DOUBLE)


def test_what_differs() -> None:
    text, binary = pa.binary(), Tag.TEXT
    hashes = [
        one(None, text, binary),
        one(b"", text, binary),
        one(b"\x00", text, binary),
        one(b"a", text, binary),
        one(b"a", text, binary, name="d"),
        one(b"a", text, Tag.BINARY),
        one(0, pa.int64(), Tag.INTEGER),
        one(0, pa.int64(), Tag.TIMESTAMP),
        one(False, pa.bool_(), Tag.BOOLEAN),
        one(0.0, pa.float64(), Tag.DOUBLE),
        one(-0.0, pa.float64(), Tag.DOUBLE),
        one(Decimal(0), pa.decimal128(5, 2), Tag.DECIMAL),
        one(10, pa.int64(), Tag.INTEGER),
        one(Decimal(10), pa.decimal128(5, 2), Tag.DECIMAL),
        one(Decimal(1), pa.decimal128(5, 2), Tag.DECIMAL),
    ]
    assert len(set(hashes)) == len(hashes)


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.text("a|,\0", max_size=3))] * 3)))
def test_rows_of_text_never_run_into_each_other(rows: list[tuple[str | None, ...]]) -> None:
    fields = [HashField(name, Tag.TEXT) for name in "abc"]
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(3)]
    assert len(set(row_hashes(columns, fields, KEY).to_pylist())) == len(set(rows))


def test_key_matters_and_large_batches_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    fields, columns = [HashField("a", Tag.TEXT)], [pa.array([b"x" * i for i in range(100)], pa.binary())]
    whole = row_hashes(columns, fields, KEY)
    assert not set(row_hashes(columns, fields, bytes(32)).to_pylist()) & set(whole.to_pylist())
    monkeypatch.setattr(hashing, "_CHUNK_BYTES", 200)
    assert row_hashes(columns, fields, KEY).equals(whole)


def test_encoding_is_frozen() -> None:
    """A changed encoding is a migration of every table: this value must never change."""
    row = encoded_rows(
        [pa.array(["hi"]), pa.array([7])], [HashField("message", Tag.TEXT), HashField("id", Tag.INTEGER)]
    )
    assert row[0].as_py().hex() == "ee19384b32f2fdd9690000000000000007e81ddcd2488ba0da73000000026869"


def test_tokens() -> None:
    values = pa.array([b"+14155550100", None, b"", b"+14155550100"], pa.binary())
    tokens = token(values, KEY).to_pylist()
    assert tokens[0] == tokens[3] == hmac.new(KEY, b"+14155550100", "sha256").hexdigest()[:32]
    assert tokens[1] is None
    assert tokens[2] not in (None, tokens[0])
    assert token(values, bytes(32)).to_pylist()[0] != tokens[0]


@given(st.lists(st.one_of(st.none(), st.binary(min_size=16, max_size=16))), st.lists(st.binary(min_size=1), max_size=3))
def test_hashing_again_is_blake2_in_a_chain(digests: list[bytes | None], keys: list[bytes]) -> None:
    keys = [key[:64] for key in keys]

    def again(value: bytes | None) -> bytes | None:
        for key in keys:
            if value is not None:
                value = hashlib.blake2b(value, digest_size=16, key=key, person=b"havenlake.again1").digest()
        return value

    found = rekeyed(pa.array(digests, pa.binary()), keys)
    assert found.to_pylist() == [again(value) for value in digests]
    one, both = rekeyed(pa.array(digests, pa.binary()), keys[:1]), found
    assert rekeyed(one, keys[1:]).equals(both), "a stored hash goes on where it stands"
