"""Small operations on Arrow arrays that NumPy needs: raw bytes, ragged arrays from blocks, identity as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

INT32_MAX = 2**31 - 1


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are text or binary of any width."""
    t = pa.types
    return bool(t.is_string(kind) or t.is_binary(kind) or t.is_large_string(kind) or t.is_large_binary(kind))


def as_binary(values: pa.Array) -> pa.Array:
    """Text or binary as binary without a look at its encoding, so that invalid UTF-8 and NUL survive."""
    if not is_bytes(values.type):
        raise TypeError(f"expected text or binary, got {values.type}")
    wide = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    return values.cast(pa.large_binary() if wide else pa.binary())


def valid_mask(values: pa.Array) -> np.ndarray[Any, Any]:
    """True where a value is not null."""
    return np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False))


def ragged(data: Any, lengths: np.ndarray[Any, Any], valid: np.ndarray[Any, Any] | None = None) -> pa.Array:
    """A binary array over one buffer, from the length of each value; `valid` marks the non-null ones."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    wide = int(offsets[-1]) > INT32_MAX
    kind = pa.large_binary() if wide else pa.binary()
    positions = pa.py_buffer(offsets if wide else offsets.astype(np.int32))
    nulls = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, len(lengths), [nulls, positions, pa.py_buffer(data)])


def fixed_width(block: np.ndarray[Any, Any]) -> pa.Array:
    """A binary array of the rows of a byte matrix."""
    rows, width = block.shape
    return ragged(np.ascontiguousarray(block), np.full(rows, width, np.int64))


def identity_bytes(values: pa.Array) -> pa.Array:
    """One identity column as bytes: integers as decimal text, so that a wider integer type changes nothing."""
    kind = values.type
    if pa.types.is_integer(kind):
        return values.cast(pa.string()).cast(pa.binary())
    if pa.types.is_boolean(kind) or pa.types.is_date(kind):
        return values.cast(pa.string()).cast(pa.binary())
    if is_bytes(kind):
        return as_binary(values)
    raise TypeError(f"an identity column arrives as integer, text, binary, boolean or date, not as {kind}")
