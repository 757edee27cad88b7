"""Random numbers that are functions of (seed, purpose, key): the same in every process, order and chunk size.

A draw is counter-based (the SplitMix64 mixing step over the key), so that any row can be made without the rows
before it. Only integer arithmetic and exact floating-point products are used: no platform's `exp` can differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def _mixed(z: Bits) -> Bits:
    z = (z ^ (z >> np.uint64(30))) * _MIX1
    z = (z ^ (z >> np.uint64(27))) * _MIX2
    return z ^ (z >> np.uint64(31))


@dataclass(frozen=True)
class Draws:
    """The stream of random numbers of one purpose, indexed by integer keys."""

    key: int

    @classmethod
    def of(cls, seed: int, *purpose: str) -> Draws:
        """The stream of a purpose, such as `("message", "text")`, under a seed."""
        name = "\x1f".join((str(seed), *purpose)).encode()
        return cls(int.from_bytes(blake2b(name, digest_size=8).digest(), "big"))

    def bits(self, keys: Ints, salt: Ints | None = None) -> Bits:
        """64 random bits per key; another salt gives other bits."""
        z = keys.astype(np.uint64) * _GAMMA + np.uint64(self.key)
        if salt is not None:
            z = z ^ (salt.astype(np.uint64) * _MIX1)
        return _mixed(z)

    def below(self, keys: Ints, n: int | Ints, salt: Ints | None = None) -> Ints:
        """Integers from 0 to n - 1, n being up to 2**31 (one bound, or one per key)."""
        high = self.bits(keys, salt) >> np.uint64(32)
        return ((high * np.asarray(n, np.uint64)) >> np.uint64(32)).astype(np.int64)

    def unit(self, keys: Ints, salt: Ints | None = None) -> NDArray[np.float64]:
        """Floats from 0 up to, not including, 1."""
        return (self.bits(keys, salt) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, keys: Ints, per_10_000: int, salt: Ints | None = None) -> Mask:
        """True for about `per_10_000` keys in ten thousand."""
        return self.below(keys, 10_000, salt) < per_10_000
