"""Digests of a snapshot, one for each range of keys: equal snapshots need not be compared row by row.

A bucket holds the rows whose integer identity shifted right by `shift` bits is the same; without such an identity
there is one bucket. What is kept of a bucket is a keyed BLAKE2b of its number of rows and of two 64-bit sums
(`transforms.digests`): the sums alone could be searched for the rows behind them. Two snapshots that differ have equal
digests by chance only (two independent 64-bit lanes); nobody who can write the source is kept from forging one, which
is why every n-th load compares in full.
"""

from __future__ import annotations

import hashlib
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

FORMAT = 1
MAC_BYTES = 16
ONE_BUCKET = 64
"""The shift that leaves nothing of a 64-bit key: all rows lie in bucket 0."""
MOST_BUCKETS = 1024
LEAST_SHIFT = 12
_HEAD, _BUCKET = struct.Struct(">BB"), struct.Struct(f">qq{MAC_BYTES}s")
_PERSON = b"havenlake.digest"


class Bucket(NamedTuple):
    """A bucket as counted: its number (None for rows without an identity), rows, and two lanes of sums."""

    number: int | None
    rows: int
    first: int
    second: int


class Sealed(NamedTuple):
    """A bucket as kept: its rows and the keyed digest of them."""

    rows: int
    mac: bytes


@dataclass(frozen=True)
class SnapshotDigest:
    """Rows and keyed digests by bucket number."""

    shift: int
    buckets: Mapping[int, Sealed]

    @classmethod
    def of(cls, shift: int, counted: Iterable[Bucket], key: bytes, scheme: str) -> SnapshotDigest | None:
        """Seal counted buckets; None when rows lack an identity. `scheme` names all that a row's sum depends on."""
        found = list(counted)
        if any(bucket.number is None for bucket in found):
            return None
        return cls(shift, {int(b.number or 0): Sealed(b.rows, _mac(b, key, scheme)) for b in found})

    @property
    def rows(self) -> int:
        """Rows of the snapshot."""
        return sum(sealed.rows for sealed in self.buckets.values())

    def to_text(self) -> str:
        """The stored form."""
        body = b"".join(_BUCKET.pack(number, *sealed) for number, sealed in sorted(self.buckets.items()))
        return b64encode(_HEAD.pack(FORMAT, self.shift) + body).decode()

    @classmethod
    def from_text(cls, text: str) -> SnapshotDigest | None:
        """Read the stored form; None for one that another release wrote."""
        stored = b64decode(text)
        if len(stored) < _HEAD.size or stored[0] != FORMAT:
            return None
        found = _BUCKET.iter_unpack(stored[_HEAD.size :])
        return cls(stored[1], {number: Sealed(rows, mac) for number, rows, mac in found})

    def span_of_differences(self, other: SnapshotDigest) -> tuple[int, int] | None:
        """Smallest and largest key of the range outside which both are equal; None when they are equal throughout."""
        numbers = self.buckets.keys() | other.buckets.keys()
        differing = [n for n in numbers if self.buckets.get(n) != other.buckets.get(n)]
        if not differing:
            return None
        return min(differing) << self.shift, ((max(differing) + 1) << self.shift) - 1

    def rows_outside(self, low: int, high: int) -> int:
        """Rows whose keys lie outside a span of whole buckets."""
        return sum(s.rows for n, s in self.buckets.items() if not low <= n << self.shift <= high)


def shift_for(low: int, high: int) -> int:
    """How far to shift keys between `low` and `high` so that at most `MOST_BUCKETS` buckets are left."""
    shift = LEAST_SHIFT
    while (high >> shift) - (low >> shift) >= MOST_BUCKETS:
        shift += 1
    return shift


def _mac(bucket: Bucket, key: bytes, scheme: str) -> bytes:
    state = hashlib.blake2b(digest_size=MAC_BYTES, key=key, person=_PERSON)
    state.update(struct.pack(">qqqq", bucket.number or 0, bucket.rows, bucket.first, bucket.second))
    state.update(scheme.encode())
    return state.digest()
