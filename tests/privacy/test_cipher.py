"""The cipher on plain Arrow arrays: every value comes back, and a moved or altered one never does."""

import os
import pickle
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding, Keyring
from havenlake.privacy.cipher import OVERHEAD, ColumnCipher, associated_data
from havenlake.privacy.tags import Tag

RING = Keyring.generate("us")
BINDING = Binding("platformdb.message", ["id"], "us")
CIPHER = ColumnCipher.of(RING, BINDING, "message")
AWKWARD = [b"", b"\x00", b"a\x00b", "im jess 😀".encode(), b"\xed\xa0\x80", b"\xff\xfe", None, b"x" * 70_000]


def ids(n: int) -> list[pa.Array]:
    return [pa.array(range(n), pa.int64())]


def code(call: Any, *args: Any) -> str:
    with pytest.raises(HavenlakeError) as caught:
        call(*args)
    assert caught.value.__context__ is None
    return caught.value.code


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40))), st.integers(0, 3))
def test_round_trip_of_any_slice(values: list[bytes | None], start: int) -> None:
    array = pa.array(values, pa.binary())[start:]
    identity = [pa.array(range(len(values)), pa.int64())[start:]]
    sealed = CIPHER.encrypt(array, identity, Tag.TEXT)
    assert sealed.null_count == array.null_count
    assert CIPHER.decrypt(sealed, identity).to_pylist() == values[start:]
    assert CIPHER.decrypt(sealed[1:], [identity[0][1:]]).to_pylist() == values[start:][1:]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_awkward_values(kind: pa.DataType) -> None:
    sealed = CIPHER.encrypt(pa.array(AWKWARD, kind), ids(len(AWKWARD)), Tag.TEXT)
    assert CIPHER.decrypt(sealed.cast(kind), ids(len(AWKWARD))).to_pylist() == AWKWARD


def test_ten_megabytes() -> None:
    values = [os.urandom(10_000_000), b"small", None]
    sealed = CIPHER.encrypt(pa.array(values, pa.binary()), ids(3), Tag.TEXT)
    assert CIPHER.decrypt(sealed, ids(3)).to_pylist() == values


def test_layout_opens_without_us() -> None:
    value = CIPHER.encrypt(pa.array([b"hi"], pa.binary()), [pa.array([7])], Tag.TEXT)[0].as_py()
    assert value[:6] == b"\x01k001s"
    assert len(value) == OVERHEAD + 2
    aad = b"18:platformdb.message,7:message,2:us,1:7,"
    key = RING.column_key("platformdb.message", "message")
    assert AESGCM(key).decrypt(value[6:18], value[18:], aad) == b"hi"


def test_nonces_differ() -> None:
    sealed = CIPHER.encrypt(pa.array([b"same"] * 500, pa.binary()), [pa.array([1] * 500)], Tag.TEXT).to_pylist()
    assert len({value[6:18] for value in sealed}) == 500


def test_moved_or_altered_values_are_refused() -> None:
    sealed = CIPHER.encrypt(pa.array([b"one", b"two"], pa.binary()), ids(2), Tag.TEXT)
    assert code(CIPHER.decrypt, sealed.take(pa.array([1, 0])), ids(2)) == "HL-KEY-004"
    for other in (
        ColumnCipher.of(RING, BINDING, "note"),
        ColumnCipher.of(RING, Binding("platformdb.note", ["id"], "us"), "message"),
        ColumnCipher.of(Keyring.generate("us"), BINDING, "message"),
        ColumnCipher("message", b"2:eu,", "k001", RING.column_keys("platformdb.message", "message")),
    ):
        assert code(other.decrypt, sealed, ids(2)) == "HL-KEY-004"
    value = sealed[0].as_py()
    for position in range(6, len(value)):
        altered = value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]
        assert code(CIPHER.decrypt, pa.array([altered]), ids(1)) == "HL-KEY-004"


@pytest.mark.parametrize(
    "value", [b"", b"\x01", b"\x02k001s" + bytes(40), b"clear text that was never encrypted", bytes(34)]
)
def test_foreign_bytes_are_refused(value: bytes) -> None:
    with pytest.raises(HavenlakeError) as caught:
        CIPHER.decrypt(pa.array([value], pa.binary()), ids(1))
    assert caught.value.code == "HL-KEY-004"
    assert "clear" not in str(caught.value)


def test_rotation_and_unknown_keys() -> None:
    rotated = RING.rotated()
    new = ColumnCipher.of(rotated, BINDING, "message")
    mixed = pa.concat_arrays(
        [cipher.encrypt(pa.array([b"v"], pa.binary()), ids(1), Tag.TEXT) for cipher in (CIPHER, new)]
    )
    same_row = [pa.array([0, 0])]
    assert new.decrypt(mixed, same_row).to_pylist() == [b"v", b"v"]
    assert mixed[1].as_py()[1:5] == b"k002"
    assert code(CIPHER.decrypt, mixed, same_row) == "HL-KEY-003"
    retired = ColumnCipher.of(rotated.retired("k001"), BINDING, "message")
    assert code(retired.decrypt, mixed, same_row) == "HL-KEY-003"


def test_other_type_is_refused() -> None:
    sealed = CIPHER.encrypt(pa.array([b"5"], pa.binary()), ids(1), Tag.INTEGER)
    assert CIPHER.decrypt(sealed, ids(1), frozenset({Tag.INTEGER, Tag.DECIMAL})).to_pylist() == [b"5"]
    assert code(CIPHER.decrypt, sealed, ids(1), frozenset({Tag.TEXT})) == "HL-KEY-007"


def test_wrong_zone_is_refused() -> None:
    assert code(ColumnCipher.of, RING, Binding("a.b", ["id"], "eu"), "c") == "HL-KEY-005"


def test_wider_integers_keep_the_binding() -> None:
    narrow, wide = pa.array([-1, 127], pa.int8()), pa.array([-1, 127], pa.int64())
    sealed = CIPHER.encrypt(pa.array([b"a", b"b"], pa.binary()), [narrow], Tag.TEXT)
    assert CIPHER.decrypt(sealed, [wide]).to_pylist() == [b"a", b"b"]


@given(st.lists(st.tuples(st.one_of(st.none(), st.binary(max_size=4)), st.one_of(st.none(), st.binary(max_size=4)))))
def test_identity_encoding_is_injective(rows: list[tuple[bytes | None, bytes | None]]) -> None:
    parts = [pa.array([row[i] for row in rows], pa.binary()) for i in (0, 1)]
    encoded = associated_data(b"p", len(rows), parts).to_pylist()
    assert len(set(encoded)) == len(set(rows))


def test_identity_of_an_unclear_form_is_refused() -> None:
    with pytest.raises(TypeError, match="identity column"):
        CIPHER.encrypt(pa.array([b"a"], pa.binary()), [pa.array([1.5])], Tag.TEXT)


def test_travels_by_pickle_and_hides_its_keys() -> None:
    again = pickle.loads(pickle.dumps(CIPHER))  # noqa: S301
    sealed = again.encrypt(pa.array([b"a"], pa.binary()), ids(1), Tag.TEXT)
    assert CIPHER.decrypt(sealed, ids(1)).to_pylist() == [b"a"]
    key = RING.column_key("platformdb.message", "message")
    assert repr(again) == "ColumnCipher(column='message', active='k001')"
    master = RING._encryption.secret()
    assert key in pickle.dumps(CIPHER)
    assert master not in pickle.dumps(CIPHER)


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40)), min_size=1), st.sampled_from(list(Tag)))
def test_reencryption_keeps_values_and_marks(values: list[bytes | None], tag: Tag) -> None:
    rows = ids(len(values))
    sealed = CIPHER.encrypt(pa.array(values, pa.binary()), rows, tag)
    newer = ColumnCipher.of(RING.rotated(), BINDING, "message")
    moved = newer.reencrypt(sealed, rows)
    assert newer.decrypt(moved, rows).to_pylist() == values
    assert [v and v[:6] for v in moved.to_pylist()] == [v if v is None else b"\x01k002" + tag.byte for v in values]
    assert newer.reencrypt(moved, rows).equals(moved), "what is under the active key is not touched"


def test_reencryption_opens_nothing_that_was_moved() -> None:
    sealed = CIPHER.encrypt(pa.array([b"a", b"b"], pa.binary()), ids(2), Tag.TEXT)
    swapped = sealed.take(pa.array([1, 0]))
    newer = RING.rotated()
    assert code(ColumnCipher.of(newer, BINDING, "message").reencrypt, swapped, ids(2)) == "HL-KEY-004"
    assert code(ColumnCipher.of(newer, BINDING, "other").reencrypt, sealed, ids(2)) == "HL-KEY-004"
    elsewhere = Binding("platformdb.message", ["id"], "eu")
    foreign = Keyring.from_json(newer.to_json().replace('"zone": "us"', '"zone": "eu"'))
    assert code(ColumnCipher.of(foreign, elsewhere, "message").reencrypt, sealed, ids(2)) == "HL-KEY-004"
    lost = newer.retired("k001")
    assert code(ColumnCipher.of(lost, BINDING, "message").reencrypt, sealed, ids(2)) == "HL-KEY-003"
