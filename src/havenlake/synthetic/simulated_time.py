"""The simulated calendar: a year of history up to the evening of day 0, then one date per day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from havenlake.synthetic.draws import Ints

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_EXPORT = datetime(2025, 3, 1, tzinfo=UTC)
SECOND = 1_000_000
DAY = 86_400 * SECOND
HISTORY = 365 * DAY
NOW = (FIRST_EXPORT - EPOCH) // timedelta(microseconds=1)
"""Microseconds since 1970 at which day 0 is exported: all first rows are older."""


def export_time(day: int) -> datetime:
    """When the database is exported on a day: day 1 holds what happened in the 24 hours before."""
    return FIRST_EXPORT + timedelta(days=day)


def during(days: Ints, offset: Ints) -> Ints:
    """Microseconds since 1970 of an instant during the given days, `offset` microseconds after their start."""
    return NOW + (days - 1) * DAY + offset


def times(micros: Ints, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """A UTC timestamp array; NULL where not valid."""
    mask = None if valid is None else ~valid
    return pa.array(micros, pa.int64(), mask=mask).cast(pa.timestamp("us", "UTC"))


def dates(days: Ints, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """A date array from days since 1970; NULL where not valid."""
    mask = None if valid is None else ~valid
    return pa.array(days.astype(np.int32), pa.int32(), mask=mask).cast(pa.date32())


def decimals(unscaled: Ints, precision: int, scale: int) -> pa.Array:
    """A decimal array from its unscaled integers."""
    words = np.empty((len(unscaled), 2), "<i8")
    words[:, 0] = unscaled
    words[:, 1] = unscaled >> np.int64(63)
    return pa.Array.from_buffers(pa.decimal128(precision, scale), len(unscaled), [None, pa.py_buffer(words.tobytes())])
