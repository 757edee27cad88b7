"""Codes of country and language to what the recognisers use; what is unknown means all that the policy names."""

from __future__ import annotations

from functools import lru_cache

from havenlake.privacy.scrubber import Codes
from havenlake.privacy.scrubbing.lexicon import LANGUAGE_BITS

_SAME = {"uk": "gb", "irl": "ie", "usa": "us", "can": "ca", "gbr": "gb", "deu": "de", "esp": "es", "fra": "fr"}
_KNOWN = frozenset(("us", "ca", "gb", "ie", "de", "es", "fr"))


def countries_of(codes: Codes, fallback: frozenset[str]) -> frozenset[str]:
    """Countries by their codes in any case; `fallback` as soon as one of them is not among the seven."""
    return fallback if codes is None else _countries(_strings(codes), fallback)


def languages_of(codes: Codes) -> int:
    """Bits of languages by codes such as `en` or `fr-CA`; 0 where there is none, or one of them is not known."""
    return 0 if codes is None else _languages(_strings(codes))


def _strings(codes: str | object) -> tuple[str, ...]:
    return (codes,) if isinstance(codes, str) else tuple(str(c) for c in codes)  # type: ignore[attr-defined]  # Codes


@lru_cache(maxsize=1024)
def _countries(codes: tuple[str, ...], fallback: frozenset[str]) -> frozenset[str]:
    found = frozenset(_SAME.get(c.strip().lower(), c.strip().lower()) for c in codes)
    return found if found and found <= _KNOWN else fallback


@lru_cache(maxsize=1024)
def _languages(codes: tuple[str, ...]) -> int:
    bits = [LANGUAGE_BITS.get(c.strip().lower()[:2]) for c in codes]
    known = [bit for bit in bits if bit is not None]
    return sum(set(known)) if known and len(known) == len(bits) else 0
