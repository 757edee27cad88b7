"""What runs in the Python workers: importable callables over Arrow columns. They hold derived keys and hide them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from havenlake.privacy.cipher import ColumnCipher, associated_data
from havenlake.privacy.hashing import HashField, rekeyed, row_hashes, token
from havenlake.privacy.tags import Tag


class RowHash:
    """Keyed hash over columns given in the order of `fields`, hashed again under each further key."""

    def __init__(self, fields: Sequence[HashField], keys: Sequence[bytes]) -> None:
        self._fields = tuple(fields)
        self._keys = tuple(keys)

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Hash the rows of one batch."""
        return rekeyed(row_hashes(columns, self._fields, self._keys[0]), self._keys[1:])

    def __repr__(self) -> str:
        return f"RowHash({len(self._fields)} columns)"


class Rehash:
    """Hashes stored hashes again under further keys."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Hash one batch of digests."""
        return rekeyed(columns[0], self._keys)

    def __repr__(self) -> str:
        return f"Rehash({len(self._keys)} keys)"


class Encrypt:
    """Encrypts the first column, bound to the others."""

    def __init__(self, cipher: ColumnCipher, tag: Tag) -> None:
        self._cipher = cipher
        self._tag = tag

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Encrypt one batch."""
        return self._cipher.encrypt(columns[0], columns[1:], self._tag)

    def __repr__(self) -> str:
        return f"Encrypt({self._cipher!r})"


class Reencrypt:
    """Brings the first column, bound to the others, under the active key; clear text lives only in here."""

    def __init__(self, cipher: ColumnCipher) -> None:
        self._cipher = cipher

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Re-encrypt one batch."""
        return self._cipher.reencrypt(columns[0], columns[1:])

    def __repr__(self) -> str:
        return f"Reencrypt({self._cipher!r})"


class Decrypt:
    """Decrypts the first column, bound to the others."""

    def __init__(self, cipher: ColumnCipher, accepted: frozenset[Tag]) -> None:
        self._cipher = cipher
        self._accepted = accepted

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Decrypt one batch."""
        return self._cipher.decrypt(columns[0], columns[1:], self._accepted)

    def __repr__(self) -> str:
        return f"Decrypt({self._cipher!r})"


class Token:
    """Join token of the first column, which is opened first where it is ciphertext."""

    def __init__(self, key: bytes, opener: Decrypt | None) -> None:
        self._key = key
        self._opener = opener

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Token of each value of one batch."""
        return token(self._opener(columns) if self._opener else columns[0], self._key)

    def __repr__(self) -> str:
        return "Token()"


class IdentityToken:
    """Token of a whole identity, of which the columns are the parts."""

    def __init__(self, prefix: bytes, key: bytes) -> None:
        self._prefix = prefix
        self._key = key

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Token of each identity of one batch."""
        return token(associated_data(self._prefix, len(columns[0]), columns), self._key)

    def __repr__(self) -> str:
        return "IdentityToken()"
