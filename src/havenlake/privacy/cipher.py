"""AES-256-GCM on Arrow arrays: one column's values, each bound to asset, column, zone and row identity.

Layout of a value, so that Spark's `aes_decrypt(substring(v, 7), key, 'GCM', 'DEFAULT', aad)` opens it:

| bytes | content |
|---|---|
| 1 | version, 0x01 |
| 4 | key id, ASCII |
| 1 | type tag (`tags.Tag`) |
| 12 | random nonce |
| n + 16 | ciphertext and tag |

Associated data: netstrings of asset, column, zone and of each identity value as text; `-,` stands for NULL.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag

from havenlake.errors import HavenlakeError
from havenlake.privacy._arrow import INT32_MAX, as_binary, identity_bytes, valid_mask
from havenlake.privacy.binding import Binding
from havenlake.privacy.keyring import Keyring
from havenlake.privacy.tags import Tag

VERSION = b"\x01"
HEADER = 6
NONCE = 12
OVERHEAD = HEADER + NONCE + 16
_Opener = Callable[[bytes, bytes, bytes], bytes]


class ColumnCipher:
    """Encrypts and decrypts one column; travels to workers, so it holds derived keys only and hides them.

    Values are binary or text arrays, NULL stays NULL; `identity` holds one array per identity column.
    """

    __slots__ = ("_keys", "_prefix", "active", "column")

    def __init__(self, column: str, prefix: bytes, active: str, keys: Mapping[str, bytes]) -> None:
        self.column = column
        self.active = active
        self._prefix = prefix
        self._keys = {key_id.encode(): key for key_id, key in keys.items()}

    @classmethod
    def of(cls, keyring: Keyring, binding: Binding, column: str) -> ColumnCipher:
        """The cipher of a column under every live key; HL-KEY-005 when keyring and binding differ in zone."""
        keyring.check_zone(binding.zone)
        keys = keyring.column_keys(binding.asset, column)
        return cls(column, binding.aad_prefix(column), keyring.active_id, keys)

    def encrypt(self, values: pa.Array, identity: Sequence[pa.Array], tag: Tag) -> pa.Array:
        """Ciphertexts under the active key, with nonces drawn for the whole batch at once."""
        # Imported here: cloudpickle would otherwise ship the Rust class by value, which breaks it.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        present, parts = _present(values, identity)
        seal, rows = AESGCM(self._keys[self.active.encode()]).encrypt, len(present)
        kind = pa.large_binary() if present.nbytes + OVERHEAD * rows > INT32_MAX else pa.binary()
        drawn = pa.py_buffer(os.urandom(NONCE * rows))
        nonces = pa.Array.from_buffers(pa.binary(NONCE), rows, [None, drawn]).cast(kind)
        sealed = map(seal, nonces.to_pylist(), present.to_pylist(), self._aads(rows, parts))
        header, empty = pa.scalar(VERSION + self.active.encode() + tag.byte, kind), pa.scalar(b"", kind)
        found = pc.binary_join_element_wise(header, nonces, pa.array(list(sealed), kind), empty)
        return _spread(found, values)

    def decrypt(self, values: pa.Array, identity: Sequence[pa.Array], tags: frozenset[Tag] | None = None) -> pa.Array:
        """Clear bytes. HL-KEY-003 for an unknown key id, HL-KEY-004 for a value that was moved or altered.

        With `tags`, a value of any other type is refused (HL-KEY-007).
        """
        ciphers = self._ciphers()
        accepted = None if tags is None else {ord(tag.byte) for tag in tags}
        present, parts = _present(values, identity)
        stored, aads = present.to_pylist(), self._aads(len(present), parts)
        opener = _opener_of_all(stored, ciphers, accepted)
        if opener is None:
            clear = [self._open(value, aad, ciphers, accepted) for value, aad in zip(stored, aads, strict=True)]
        else:
            clear = self._opened(opener, stored, aads)
        return _spread(pa.array(clear, pa.binary()), values)

    def _opened(self, opener: _Opener, stored: list[bytes], aads: list[bytes]) -> list[bytes]:
        nonces, bodies = [v[HEADER : HEADER + NONCE] for v in stored], [v[HEADER + NONCE :] for v in stored]
        try:
            return list(map(opener, nonces, bodies, aads))
        except InvalidTag:
            pass
        raise self._unopened()

    def reencrypt(self, values: pa.Array, identity: Sequence[pa.Array]) -> pa.Array:
        """The same clear values and type marks under the active key; a value that is there already is not touched.

        Errors as in `decrypt`.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        seal, ciphers = AESGCM(self._keys[self.active.encode()]).encrypt, self._ciphers()
        current = VERSION + self.active.encode()

        def moved(value: bytes, aad: bytes) -> bytes:
            nonce, clear = os.urandom(NONCE), self._open(value, aad, ciphers, None)
            return current + value[HEADER - 1 : HEADER] + nonce + seal(nonce, clear, aad)

        new = [
            value if value is None or value[: HEADER - 1] == current else moved(value, aad)
            for value, aad in zip(as_binary(values).to_pylist(), self._aads(len(values), identity), strict=True)
        ]
        return pa.array(new, pa.binary())

    def _ciphers(self) -> dict[bytes, Any]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return {VERSION + key_id: AESGCM(key).decrypt for key_id, key in self._keys.items()}

    def _open(self, value: bytes, aad: bytes, ciphers: Mapping[bytes, Any], accepted: set[int] | None) -> bytes:
        opener = ciphers.get(value[: HEADER - 1])
        if opener is None or len(value) < OVERHEAD:
            raise self._refused(value)
        if accepted is not None and value[HEADER - 1] not in accepted:
            raise HavenlakeError(
                "HL-KEY-007",
                f"column '{self.column}' holds a value encrypted as type {value[HEADER - 1 : HEADER]!r}",
                hint="the column's type changed after it was encrypted; give the original type",
            )
        try:
            return bytes(opener(value[HEADER : HEADER + NONCE], value[HEADER + NONCE :], aad))
        except InvalidTag:
            pass
        raise self._unopened()

    def _unopened(self) -> HavenlakeError:
        hint = "it was moved from another row, column, asset or zone, or altered, or its key was replaced"
        return HavenlakeError("HL-KEY-004", f"a value of column '{self.column}' cannot be opened", hint=hint)

    def _refused(self, value: bytes) -> HavenlakeError:
        if value[:1] != VERSION or len(value) < OVERHEAD:
            return HavenlakeError("HL-KEY-004", f"a value of column '{self.column}' is not a ciphertext of format 1")
        key_id = value[1 : HEADER - 1].decode("ascii", "replace")
        known = ", ".join(sorted(k.decode() for k in self._keys))
        message = f"column '{self.column}' holds a value under key id {key_id!r}; the keyring has {known}"
        return HavenlakeError("HL-KEY-003", message, hint="restore the key from the secret store, or reload the table")

    def _aads(self, rows: int, identity: Sequence[pa.Array]) -> list[bytes]:
        found: list[bytes] = associated_data(self._prefix, rows, identity).to_pylist()
        return found

    def __repr__(self) -> str:
        return f"ColumnCipher(column={self.column!r}, active={self.active!r})"


def associated_data(prefix: bytes, rows: int, identity: Sequence[pa.Array]) -> pa.Array:
    """The associated data of each row: `prefix`, then a netstring of each identity value."""
    pieces: list[Any] = []
    for values in map(identity_bytes, identity):
        lengths = pc.binary_length(values).cast(pa.string()).cast(pa.binary())
        empty, comma = pa.scalar(b"", pa.binary()), pa.scalar(b",", pa.binary())
        piece = pc.binary_join_element_wise(lengths, pa.scalar(b":"), values.cast(pa.binary()), comma, empty)
        pieces.append(piece.fill_null(b"-,"))
    if not pieces:
        return pa.array([prefix] * rows, pa.binary())
    return pc.binary_join_element_wise(pa.scalar(prefix, pa.binary()), *pieces, pa.scalar(b"", pa.binary()))


def _opener_of_all(stored: list[bytes], ciphers: Mapping[bytes, Any], accepted: set[int] | None) -> _Opener | None:
    """The one function that opens all values, where all bear one header and none has anything amiss."""
    headers = {value[:HEADER] for value in stored}
    if len(headers) != 1 or min(map(len, stored)) < OVERHEAD:
        return None
    (header,) = headers
    return None if accepted is not None and header[-1] not in accepted else ciphers.get(header[:-1])


def _present(values: pa.Array, identity: Sequence[pa.Array]) -> tuple[pa.Array, list[pa.Array]]:
    """The non-null values as binary, and the identities of their rows."""
    binary = as_binary(values)
    if not values.null_count:
        return binary, list(identity)
    valid = pc.is_valid(binary)
    return binary.filter(valid), [part.filter(valid) for part in identity]


def _spread(found: pa.Array, values: pa.Array) -> pa.Array:
    """What was found for the non-null values, with the null ones back in their places."""
    if not values.null_count:
        return found
    valid = valid_mask(values)
    return found.take(pa.array(np.cumsum(valid) - 1, pa.int64(), mask=~valid))
