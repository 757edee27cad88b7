"""The keyring document, its file, its derived keys, and that none of them shows."""

import base64
import copy
import hmac
import json
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding, Keyring


def secrets_of(ring: Keyring) -> list[str]:
    document = json.loads(ring.to_json())
    entries = [*document["encryption"].values()]
    entries += [*document["hash"]["keys"].values(), *document["token"]["keys"].values()]
    return [entry["key"] for entry in entries]


def test_document_round_trip_keeps_every_key() -> None:
    ring = Keyring.generate("us").rotated()
    again = Keyring.from_json(ring.to_json(), zone="us")
    assert again.to_json() == ring.to_json()
    assert (again.zone, again.active_id, again.ids(), again.hash_id) == ("us", "k002", ("k001", "k002"), "h001")
    assert again.column_key("a.b", "c") == ring.column_key("a.b", "c")


def test_keys_are_separate() -> None:
    ring = Keyring.generate("us").rotated()
    keys = [
        ring.column_key("a.b", "c"),
        ring.column_key("a.b", "c", "k001"),
        ring.column_key("a.b", "d"),
        ring.column_key("a", "b.c"),
        ring.row_hash_key("a.b"),
        ring.row_hash_key("a.c"),
        ring.token_key(),
        *(base64.b64decode(key) for key in secrets_of(ring)),
    ]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {32}


def test_derivation_is_frozen() -> None:
    """A changed derivation would make stored data unreadable; these values must never change."""

    def entry(byte: int) -> dict[str, str]:
        return {"key": base64.b64encode(bytes([byte] * 32)).decode(), "created": "2026-01-01", "state": "live"}

    document = {
        "format": 1,
        "zone": "us",
        "active": "k001",
        "encryption": {"k001": entry(1)},
        "hash": {"active": "h001", "keys": {"h001": entry(2)}},
        "token": {"active": "t001", "keys": {"t001": entry(3)}},
    }
    ring = Keyring.from_json(json.dumps(document))

    def hkdf(byte: int, info: bytes) -> bytes:
        """RFC 5869 by hand: extract with an empty salt, expand to one block."""
        return hmac.digest(hmac.digest(bytes(32), bytes([byte] * 32), "sha256"), info + b"\x01", "sha256")

    column = hkdf(1, b"havenlake/1/6:column,18:platformdb.message,7:message,2:us,")
    assert ring.column_key("platformdb.message", "message") == column
    assert ring.row_hash_key("platformdb.message") == hkdf(2, b"havenlake/1/8:row-hash,18:platformdb.message,2:us,")
    assert ring.token_key() == hkdf(3, b"havenlake/1/5:token,2:us,")


def test_nothing_shows_or_travels() -> None:
    ring = Keyring.generate("us")
    shown = f"{ring!r} {ring} {ring.status()} {ring._encryption!r} {ring._encryption.entries!r}"
    for key in secrets_of(ring):
        raw = base64.b64decode(key)
        assert key not in shown
        assert raw.hex() not in shown
        assert repr(raw) not in shown
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="stays on the driver"):
            travel(ring)


def test_file_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "warehouse" / "keyring.json"
    ring = Keyring.create_file(path, "ca")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.load_file(path, "ca").to_json() == ring.to_json()
    before = path.read_bytes()
    with pytest.raises(HavenlakeError) as caught:
        Keyring.create_file(path, "ca")
    assert caught.value.code == "HL-KEY-002"
    assert path.read_bytes() == before
    with pytest.raises(HavenlakeError) as caught:
        Keyring.load_file(path, "us")
    assert (caught.value.code, caught.value.where) == ("HL-KEY-005", str(path))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_open_file_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keyring.json"
    Keyring.create_file(path, "us")
    path.chmod(mode)
    with pytest.raises(HavenlakeError) as caught:
        Keyring.load_file(path)
    assert caught.value.code == "HL-KEY-001"
    assert "chmod 600" in str(caught.value)


def test_creation_ignores_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Keyring.create_file(tmp_path / "k.json", "us")
    finally:
        os.umask(old)
    assert (tmp_path / "k.json").stat().st_mode & 0o777 == 0o600


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HavenlakeError, match="keys init") as caught:
        Keyring.load_file(tmp_path / "none.json")
    assert caught.value.code == "HL-KEY-001"


def _damage(path: str, value: object) -> str:
    document = json.loads(Keyring.generate("us").to_json())
    *parents, last = path.split("/")
    part = document
    for name in parents:
        part = part[name]
    part[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "format 1"),
        (_damage("format", 2), "format 1"),
        (_damage("zone", ""), "no zone"),
        (_damage("active", "k009"), "no live key as active under 'encryption'"),
        (_damage("active", None), "no live key as active under 'encryption'"),
        (_damage("encryption", {}), "no 'encryption' keys"),
        (_damage("hash", None), "no 'hash' keys"),
        (_damage("token/keys", []), "no 'token' keys"),
        (_damage("encryption/k1", {}), "not of the form k001"),
        (_damage("encryption/k00\u0661", {}), "not of the form k001"),
        (_damage("encryption/k001/key", "AAAA"), "not 32 bytes long at encryption.k001"),
        (_damage("encryption/k001/key", "…"), "not base64 at encryption.k001"),
        (_damage("encryption/k001/state", "gone"), "no state"),
        (_damage("hash/keys/h001/created", 3), "lacks key or created at hash.h001"),
        (_damage("encryption/k001/state", "retired"), "no live key as active"),
    ],
)
def test_damaged_document_is_refused_without_its_content(text: str, says: str) -> None:
    with pytest.raises(HavenlakeError) as caught:
        Keyring.from_json(text)
    assert caught.value.code == "HL-KEY-001"
    assert says in caught.value.message
    assert len(str(caught.value)) < 300


def test_one_key_for_two_purposes_is_refused() -> None:
    document = json.loads(Keyring.generate("us").to_json())
    document["hash"]["keys"]["h001"]["key"] = document["encryption"]["k001"]["key"]
    with pytest.raises(HavenlakeError, match="same key twice"):
        Keyring.from_json(json.dumps(document))


def test_retired_key_opens_nothing() -> None:
    ring = Keyring.generate("us").rotated().retired("k001")
    assert ring.ids() == ("k002",)
    assert [row["state"] for row in ring.status() if row["purpose"] == "encryption"] == ["retired", "live"]
    with pytest.raises(HavenlakeError) as caught:
        ring.column_key("a.b", "c", "k001")
    assert caught.value.code == "HL-KEY-003"
    with pytest.raises(ValueError, match="active"):
        ring.retired("k002")
    assert Keyring.from_json(ring.to_json()).ids() == ("k002",)


def test_a_hash_key_is_added_and_the_older_one_stays() -> None:
    ring = Keyring.generate("us")
    new = ring.rotated_hash()
    assert (new.hash_id, new.active_id) == ("h002", "k001")
    old_scheme, chained = ring.hash_scheme("a.b"), new.hash_scheme("a.b", ring.hash_scheme("a.b"))
    assert new.scheme_keys("a.b", old_scheme) == (ring.row_hash_key("a.b"),)
    assert new.scheme_keys("a.b", chained) == (ring.row_hash_key("a.b"), new.row_hash_key("a.b"))
    assert new.hash_scheme("a.b", chained) == chained, "a table is carried over once"
    assert new.hash_scheme("a.b") not in (old_scheme, chained)
    assert "h001+h002" in chained
    assert ring.scheme_keys("a.b", chained) is None, "a keyring without the new key cannot hash like that"
    assert Keyring.generate("us").scheme_keys("a.b", old_scheme) is None, "nor can one with another h001"
    assert new.scheme_keys("a.c", old_scheme) is None
    assert new.scheme_keys("a.b", "havenlake.rows.9:h001:00000000") is None
    again = Keyring.from_json(new.to_json())
    assert again.hash_scheme("a.b", old_scheme) == chained


def test_the_last_id_is_the_last() -> None:
    document = json.loads(Keyring.generate("us").to_json())
    document["encryption"]["k999"] = document["encryption"].pop("k001")
    document["active"] = "k999"
    with pytest.raises(HavenlakeError, match="k999 is the last id"):
        Keyring.from_json(json.dumps(document)).rotated()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keyring.json"
    ring = Keyring.create_file(path, "us")
    ring.rotated().replace_file(path)
    assert Keyring.load_file(path).ids() == ("k001", "k002")
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HavenlakeError) as caught:
        ring.rotated().rotated().replace_file(path)
    assert caught.value.code == "HL-KEY-001"
    assert "No space left" in caught.value.message
    assert path.read_text() == before
    assert [f.name for f in tmp_path.iterdir()] == ["keyring.json"]


names = st.text(min_size=1)


@given(names, names, names, names, names, names)
def test_binding_prefix_is_injective(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    one, two = Binding(a, ["id"], b).aad_prefix(c), Binding(d, ["id"], e).aad_prefix(f)
    assert (one == two) == ((a, b, c) == (d, e, f))


@pytest.mark.parametrize(("asset", "identity", "zone"), [("", ["id"], "us"), ("a", [], "us"), ("a", ["id"], "")])
def test_empty_binding_is_refused(asset: str, identity: list[str], zone: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        Binding(asset, identity, zone)


def test_careless_identity_is_refused() -> None:
    with pytest.raises(TypeError):
        Binding("a", "id", "us")
    with pytest.raises(ValueError, match="twice"):
        Binding("a", ["id", "id"], "us")
    assert hash(Binding("a", ["id"], "us")) == hash(Binding("a", ("id",), "us"))
