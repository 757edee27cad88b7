"""Invented text: messages of 75 to 130 characters, drawn from 4,000 invented words."""

from __future__ import annotations

from typing import Any

import numpy as np

WORDS = 4_000
SHORTEST, LONGEST = 75, 130
_STREAM = 1_000_000
_ONSETS = ("", "b", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "tr", "v", "w", "y")
_RHYMES = ("a", "an", "e", "el", "i", "in", "o", "or", "u", "us")


def invented_words(rng: np.random.Generator, count: int = WORDS) -> list[str]:
    """Different pronounceable words of one to four syllables."""
    syllables = [onset + rhyme for onset in _ONSETS for rhyme in _RHYMES]
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choice(syllables, rng.integers(1, 5)))] = None
    return list(words)


class Messages:
    """A seeded source of messages: stretches of one long stream of words."""

    def __init__(self, rng: np.random.Generator) -> None:
        chosen = rng.choice(np.array(invented_words(rng)), _STREAM)
        self._rng = rng
        self._stream = " ".join(chosen.tolist())
        ends: np.ndarray[Any, Any] = np.cumsum(np.char.str_len(chosen) + 1)
        self._starts = ends[ends < len(self._stream) - LONGEST]

    def draw(self, count: int) -> list[str]:
        """Messages that begin with a word and end anywhere."""
        starts = self._rng.choice(self._starts, count).tolist()
        lengths = self._rng.integers(SHORTEST, LONGEST + 1, count).tolist()
        stream = self._stream
        return [stream[start : start + length] for start, length in zip(starts, lengths, strict=True)]
