"""Keyed row hashes on Arrow arrays: an injective encoding of a row's non-null values, then BLAKE2b-128.

A row is encoded as the values of its non-null columns, sorted by name (as UTF-8 bytes), each as

| bytes | content |
|---|---|
| 8 | BLAKE2b-64 of the column's name |
| 1 | type tag (`tags.Tag`) |
| 4 | length, big-endian, for text, binary and nested values only |
| n | the value: bytes; or 8 bytes big-endian (integers, dates, timestamps in microseconds, doubles by bits with one NaN); or 1 byte (boolean); or scale and 16-byte integer without trailing zeros (decimal) |

So an added all-NULL column, the order of columns, a wider integer type and the cut into batches change nothing,
while NULL and '' differ, and so do ('a', 'b') and ('ab', '').
"""  # noqa: E501

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from havenlake.privacy._arrow import as_binary, fixed_width, ragged, valid_mask
from havenlake.privacy._words import Block, words
from havenlake.privacy.keyring import ENCODING
from havenlake.privacy.tags import Tag

DIGEST = 16
TOKEN_BYTES = 16
_CHUNK_BYTES = 1 << 30
_AGAIN = b"havenlake.again1"  # a digest hashed again is never the hash of a row
_VARIABLE = frozenset({Tag.TEXT, Tag.BINARY, Tag.JSON, Tag.OTHER})
_EMPTY = pa.scalar(b"", pa.binary())
_WORDS = {4: np.uint32, 8: np.uint64}


class HashField(NamedTuple):
    """A column of the row: its name and the mark of its type."""

    name: str
    tag: Tag

    @property
    def head(self) -> bytes:
        """Name digest and type mark."""
        return hashlib.blake2b(self.name.encode(), digest_size=8).digest() + self.tag.byte


def row_hashes(columns: Sequence[pa.Array], fields: Sequence[HashField], key: bytes) -> pa.Array:
    """16-byte keyed hash of each row, as a binary array; `columns` and `fields` go pairwise."""
    rows = len(columns[0])
    if rows > 1 and sum(column.nbytes for column in columns) > _CHUNK_BYTES:
        halves = ([c[: rows // 2] for c in columns], [c[rows // 2 :] for c in columns])
        return pa.concat_arrays([row_hashes(half, fields, key) for half in halves])
    start = hashlib.blake2b(digest_size=DIGEST, key=key, person=ENCODING).copy
    digests = []
    for row in encoded_rows(columns, fields).to_pylist():
        state = start()
        state.update(row)
        digests.append(state.digest())
    return ragged(b"".join(digests), np.full(rows, DIGEST, np.int64))


def rekeyed(digests: pa.Array, keys: Sequence[bytes]) -> pa.Array:
    """Hash digests again under further keys, one after the other: what a new hash key makes of stored hashes.

    NULL stays NULL. Equal digests stay equal, so rows are compared as before, and no key alone tests a guess.
    """
    if not keys:
        return digests
    found = []
    for digest in as_binary(digests).to_pylist():
        value = digest
        for key in keys:
            value = value and hashlib.blake2b(value, digest_size=DIGEST, key=key, person=_AGAIN).digest()
        found.append(value)
    return pa.array(found, pa.binary())


def encoded_rows(columns: Sequence[pa.Array], fields: Sequence[HashField]) -> pa.Array:
    """The injective encoding of each row, as a binary array."""
    pieces = _Pieces(len(columns[0]))
    for field, column in sorted(zip(fields, columns, strict=True), key=lambda pair: pair[0].name.encode()):
        if field.tag in _VARIABLE:
            _add_variable(pieces, field.head, column)
        else:
            pieces.add(field.head, words(column, field.tag), column)
    return pc.binary_join_element_wise(*pieces.arrays(), _EMPTY)


def token(values: pa.Array, key: bytes) -> pa.Array:
    """Join tokens: HMAC-SHA256 of each value's bytes, cut to 16 bytes, as 32 hexadecimal digits; NULL stays NULL.

    128 bits keep collisions out of reach and a token short enough to join on.
    """
    size, digest = TOKEN_BYTES, hmac.digest
    clear = as_binary(values).to_pylist()
    return pa.array([None if v is None else digest(key, v, "sha256")[:size].hex() for v in clear], pa.string())


class _Pieces:
    """Byte pieces of the rows, in order; neighbouring blocks of fixed width are joined by NumPy in one go."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._blocks: list[tuple[bytes, Block]] = []
        self._arrays: list[pa.Array] = []

    def add(self, head: bytes, block: Block, column: pa.Array) -> None:
        """Add a byte matrix, a line per row, with `head` before each; rows where `column` is NULL get nothing."""
        if column.null_count == 0:
            self._blocks.append((head, block))
            return
        valid = valid_mask(column)
        lines = _joined([(head, np.ascontiguousarray(block[valid]))])
        self.append(ragged(lines, valid * np.int64(lines.shape[1])))

    def append(self, array: pa.Array) -> None:
        """Add ready bytes."""
        self._flush()
        self._arrays.append(array)

    def arrays(self) -> list[pa.Array]:
        """All pieces, at least one."""
        self._flush()
        return self._arrays or [pa.array([b""] * self._rows, pa.binary())]

    def _flush(self) -> None:
        if self._blocks:
            self._arrays.append(fixed_width(_joined(self._blocks)))
            self._blocks = []


def _add_variable(pieces: _Pieces, head: bytes, column: pa.Array) -> None:
    values = as_binary(column).cast(pa.binary())
    if values.null_count:
        values = values.fill_null(b"")
    lengths = np.asarray(pc.binary_length(values)).astype(">u4").view(np.uint8).reshape(len(values), 4)
    pieces.add(head, lengths, column)
    pieces.append(values)


def _joined(blocks: Sequence[tuple[bytes, Block]]) -> Block:
    """Heads and blocks side by side: the heads of all lines in one repeated copy, blocks by whole words."""
    rows = len(blocks[0][1])
    line = b"".join(head + bytes(block.shape[1]) for head, block in blocks)
    buffer = bytearray(line * rows)
    out: Block = np.frombuffer(buffer, np.uint8).reshape(rows, len(line))
    at = 0
    for head, block in blocks:
        at, width = at + len(head), block.shape[1]
        word = _WORDS.get(width)
        if word is None or not rows:
            out[:, at : at + width] = block
        else:
            np.ndarray((rows,), word, buffer, at, (len(line),))[:] = block.view(word).reshape(rows)
        at += width
    return out
