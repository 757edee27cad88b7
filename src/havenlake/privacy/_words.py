"""Values of fixed width as byte matrices, one line per row; lines of NULL values hold anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from havenlake.privacy.tags import Tag

Block = np.ndarray[Any, np.dtype[np.uint8]]


def words(column: pa.Array, tag: Tag) -> Block:
    """The bytes of each value: 8 for integers, times and doubles, 1 for booleans, 17 for decimals."""
    if tag is Tag.DECIMAL:
        return _decimals(column)
    if tag is Tag.DOUBLE:
        return _doubles(column)
    if tag is Tag.BOOLEAN:
        return _numpy(column.cast(pa.uint8()).fill_null(0)).reshape(-1, 1)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    return _big_endian(_numpy(column.cast(pa.int64()).fill_null(0)), ">i8")


def _doubles(column: pa.Array) -> Block:
    values = np.array(_numpy(column.cast(pa.float64()).fill_null(0.0)), np.float64)
    values[np.isnan(values)] = np.nan
    return _big_endian(values, ">f8")


def _decimals(column: pa.Array) -> Block:
    """Scale and 128-bit integer with trailing zeros removed, so that 1.10 and 1.1 are the same value."""
    if not pa.types.is_decimal128(column.type):
        column = column.cast(pa.decimal128(38, column.type.scale))
    raw = np.frombuffer(column.buffers()[1], "<u8", 2 * len(column), column.offset * 16).reshape(-1, 2)
    low = raw[:, 0].astype(np.int64)
    high = raw[:, 1].astype(np.int64)
    narrow = high == (low >> np.int64(63))
    wide = np.flatnonzero(~narrow)
    low[wide] = 0
    scales = _strip_zeros(low, column.type.scale)
    out: Block = np.empty((len(low), 17), np.uint8)
    out[:, 0] = scales
    out[:, 1:9] = _big_endian(low >> np.int64(63), ">i8")
    out[:, 9:] = _big_endian(low, ">i8")
    for i in wide.tolist():
        out[i] = np.frombuffer(_wide_decimal(int(high[i]), int(raw[i, 0]), column.type.scale), np.uint8)
    return out


def _strip_zeros(values: np.ndarray[Any, np.dtype[np.int64]], scale: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Divide by ten while that is exact and digits remain after the point; returns the scales left."""
    scales = np.full(len(values), scale, np.uint8)
    rest = np.arange(len(values))
    for _ in range(scale):
        rest = rest[values[rest] % 10 == 0]
        if not len(rest):
            break
        values[rest] //= 10
        scales[rest] -= 1
    return scales


def _wide_decimal(high: int, low: int, scale: int) -> bytes:
    value = (high << 64) | low
    while scale and value % 10 == 0:
        value //= 10
        scale -= 1
    return bytes([scale]) + value.to_bytes(16, "big", signed=True)


def _big_endian(values: np.ndarray[Any, Any], dtype: str) -> Block:
    return values.astype(dtype).view(np.uint8).reshape(len(values), 8)


def _numpy(column: pa.Array) -> np.ndarray[Any, Any]:
    return np.asarray(column.to_numpy(zero_copy_only=False))
