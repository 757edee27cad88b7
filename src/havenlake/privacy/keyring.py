"""The keyring of one residency zone: encryption, hash and token keys, and the keys derived from them.

A keyring lives on the driver only. It cannot be pickled and never shows a key; workers get derived per-column keys.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from havenlake.errors import HavenlakeError
from havenlake.privacy._document import KEY_BYTES, read_document, write_document
from havenlake.privacy._keyfile import read_private, replace_private, write_new
from havenlake.privacy._keyset import KeySet
from havenlake.privacy.binding import netstring

ENCODING = b"havenlake.rows.1"
"""Version of the row encoding, in BLAKE2b's personalisation: another version gives unrelated hashes."""
KEYRING_FILE = "keyring.json"
"""Name of the keyring's file in a local warehouse."""


class Keyring:
    """Keys of one zone. `encryption` has one active and any number of live ids; hash and token keys are separate.

    >>> ring = Keyring.generate("us")
    >>> ring.zone, ring.active_id, ring.ids()
    ('us', 'k001', ('k001',))
    """

    __slots__ = ("_encryption", "_hash", "_token", "zone")

    def __init__(self, zone: str, encryption: KeySet, hash_keys: KeySet, token: KeySet) -> None:
        self.zone = zone
        self._encryption = encryption
        self._hash = hash_keys
        self._token = token

    @classmethod
    def generate(cls, zone: str, now: datetime | None = None) -> Keyring:
        """A new keyring of fresh random keys."""
        return cls(zone, *(KeySet.first(f"{letter}001", now) for letter in "kht"))

    @classmethod
    def from_json(cls, text: str, zone: str | None = None) -> Keyring:
        """Read a keyring document; with `zone` given, refuse one of another zone (HL-KEY-005)."""
        document = read_document(text)
        ring = cls(document.zone, *(KeySet(active, entries) for active, entries in document.key_sets))
        if zone is not None:
            ring.check_zone(zone)
        return ring

    def to_json(self) -> str:
        """The document with all key material: for a secret store or a private file, nothing else."""
        sets = [(keys.active, keys.entries) for keys in (self._encryption, self._hash, self._token)]
        return write_document(self.zone, sets)

    @classmethod
    def load_file(cls, path: str | Path, zone: str | None = None) -> Keyring:
        """Read a keyring file; HL-KEY-001 when missing, damaged or open to others, HL-KEY-005 for another zone."""
        text = read_private(Path(path))
        try:
            return cls.from_json(text, zone)
        except HavenlakeError as error:
            raise HavenlakeError(error.code, error.message, where=str(path), hint=error.hint) from None

    @classmethod
    def create_file(cls, path: str | Path, zone: str) -> Keyring:
        """Generate a keyring and keep it in a new file of mode 0600; HL-KEY-002 when the file exists."""
        ring = cls.generate(zone)
        write_new(Path(path), ring.to_json())
        return ring

    def replace_file(self, path: str | Path) -> None:
        """Put this keyring in the place of an existing file, all at once: a crash leaves the old or the new one."""
        replace_private(Path(path), self.to_json())

    def rotated(self, now: datetime | None = None) -> Keyring:
        """The same keyring with one more encryption key, which becomes the active one."""
        return Keyring(self.zone, self._encryption.grown(now), self._hash, self._token)

    def rotated_hash(self, now: datetime | None = None) -> Keyring:
        """The same keyring with one more hash key, which becomes the active one; the older ones stay in use."""
        return Keyring(self.zone, self._encryption, self._hash.grown(now), self._token)

    def retired(self, key_id: str) -> Keyring:
        """The same keyring with one encryption key retired; the caller has made sure that nothing needs it."""
        if key_id == self.active_id:
            raise ValueError("the active key cannot be retired")
        if key_id not in self._encryption.entries:
            raise KeyError(key_id)
        entries = dict(self._encryption.entries)
        entries[key_id] = replace(entries[key_id], state="retired")
        return Keyring(self.zone, KeySet(self.active_id, entries), self._hash, self._token)

    @property
    def active_id(self) -> str:
        """Id of the encryption key that new values use."""
        return self._encryption.active

    @property
    def hash_id(self) -> str:
        """Id of the active hash key; a change of it is a migration of every stored hash."""
        return self._hash.active

    def ids(self) -> tuple[str, ...]:
        """Ids of the live encryption keys, oldest first."""
        return tuple(k for k, entry in sorted(self._encryption.entries.items()) if entry.state == "live")

    def status(self) -> list[dict[str, Any]]:
        """Purpose, id, state, creation time and activity of every key; never key material."""
        sets = {"encryption": self._encryption, "hash": self._hash, "token": self._token}
        return [
            {"purpose": p, "id": i, "state": e.state, "created": e.created, "active": i == keys.active}
            for p, keys in sets.items()
            for i, e in sorted(keys.entries.items())
        ]

    def check_zone(self, zone: str) -> None:
        """Refuse work for another zone (HL-KEY-005)."""
        if zone != self.zone:
            raise HavenlakeError(
                "HL-KEY-005",
                f"the keyring belongs to zone '{self.zone}', the data to zone '{zone}'",
                hint="each zone has its own keyring; check the workspace's secret scope",
            )

    def column_key(self, asset: str, column: str, key_id: str | None = None) -> bytes:
        """AES-256 key of one column of one asset, derived from the encryption key with this id (default: active)."""
        return self._derive(self._encryption.secret(key_id), "column", asset, column)

    def column_keys(self, asset: str, column: str) -> dict[str, bytes]:
        """AES-256 keys of one column under every live encryption key, by key id."""
        return {key_id: self.column_key(asset, column, key_id) for key_id in self.ids()}

    def row_hash_key(self, asset: str, key_id: str | None = None) -> bytes:
        """Key of the row hashes and checksums of one asset, from the hash key with this id (default: active)."""
        return self._derive(self._hash.secret(key_id), "row-hash", asset)

    def hash_scheme(self, asset: str, older: str | None = None) -> str:
        """How an asset's rows are hashed now: encoding, key ids and a check value of each key, as recorded on tables.

        Hashes of different schemes must never be compared. With `older`, the scheme of hashes that were made under
        it and then hashed again under the active key.
        """
        before = _scheme_ids(older) if older else ()
        ids = before if before[-1:] == (self.hash_id,) else (*before, self.hash_id)
        return self._scheme(asset, ids)

    def scheme_keys(self, asset: str, scheme: str) -> tuple[bytes, ...] | None:
        """The keys of a recorded scheme, in the order in which they are applied; None where this keyring lacks one."""
        ids = _scheme_ids(scheme)
        if not set(ids) <= self._hash.entries.keys() or not ids or self._scheme(asset, ids) != scheme:
            return None
        return tuple(self.row_hash_key(asset, key_id) for key_id in ids)

    def _scheme(self, asset: str, ids: tuple[str, ...]) -> str:
        keys = [self.row_hash_key(asset, key_id) for key_id in ids]
        checks = (hashlib.blake2b(b"check", key=key, digest_size=4).hexdigest() for key in keys)
        return f"{ENCODING.decode()}:{'+'.join(ids)}:{'+'.join(checks)}"

    def digest_key(self, asset: str) -> bytes:
        """Key that seals the digests of an asset's snapshots."""
        return self._derive(self._hash.secret(), "digest", asset)

    def token_key(self) -> bytes:
        """Key of join tokens: one per zone, so that tokens of different tables join and zones never do."""
        return self._derive(self._token.secret(), "token")

    def scrub_key(self) -> bytes:
        """Key of the hashes that stand for what was scrubbed; one per zone."""
        return self._derive(self._token.secret(), "scrub")

    def _derive(self, secret: bytes, *purpose: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        info = b"havenlake/1/" + b"".join(netstring(part) for part in (*purpose, self.zone))
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)

    def __repr__(self) -> str:
        return f"Keyring(zone={self.zone!r}, active={self.active_id!r}, ids={self.ids()!r})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Keyring stays on the driver and cannot be pickled or copied")


def _scheme_ids(scheme: str) -> tuple[str, ...]:
    encoding, _, rest = scheme.partition(":")
    return tuple(rest.partition(":")[0].split("+")) if encoding == ENCODING.decode() else ()
