"""Pools of rendered phrases: templates filled, then roughened as people type on telephones.

A pool is rendered once per seed and language; messages are then put together by index, which is fast.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from havenlake.synthetic import phrases_de, phrases_en, phrases_es, phrases_fr
from havenlake.synthetic.draws import Draws
from havenlake.synthetic.phrases import PhraseBook, Slots

BOOKS = MappingProxyType({"en": phrases_en.BOOK, "es": phrases_es.BOOK, "fr": phrases_fr.BOOK, "de": phrases_de.BOOK})
POOL_SIZE = 3_000
_EMOJI = ("😔", "😭", "🥺", "❤️", "🙏", "😅", "💔", "👍🏽", "🤷‍♀️", "😊", "🫂", "✨")
_RIGHT_TO_LEFT_MARK = "\u200f"
_SLOT = re.compile(r"\{(\w+)\}")


class _Picks:
    """A running sequence of random choices: only for rendering a pool, whose order is fixed."""

    def __init__(self, draws: Draws, count: int) -> None:
        self._numbers: Iterator[int] = iter((draws.bits(np.arange(count, dtype=np.int64)) >> np.uint64(20)).tolist())

    def of(self, options: tuple[str, ...]) -> str:
        return options[next(self._numbers) % len(options)]

    def below(self, n: int) -> int:
        return next(self._numbers) % n


def _filled(template: str, slots: Slots, picks: _Picks) -> str:
    return _SLOT.sub(lambda m: picks.of(slots[m[1]]), template)


def _turned(slots: Slots, words: Mapping[str, str]) -> Slots:
    """Slots spoken to the other person: `my mom` becomes `your mom`."""
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b")
    turn = {name: tuple(pattern.sub(lambda m: words[m[1]], o) for o in options) for name, options in slots.items()}
    return MappingProxyType(turn)


def _typo(text: str, at: int) -> str:
    """Two neighbouring letters swapped."""
    at = at % max(1, len(text) - 2)
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _roughened(text: str, book: PhraseBook, picks: _Picks) -> str:
    """The text as typed in a hurry: lower case, no punctuation, abbreviations, typos, emoji, odd characters."""
    if picks.below(100) < 65:
        text = text.lower()
    if picks.below(100) < 55:
        text = text.rstrip(".")
    if picks.below(100) < 25:
        text = text.replace("'", "").replace(",", "")
    if picks.below(100) < 20:
        for full, short in book.abbreviations.items():
            text = re.sub(rf"\b{re.escape(full)}\b", short, text, flags=re.IGNORECASE)
    if picks.below(100) < 8:
        text = _typo(text, picks.below(1_000))
    if picks.below(100) < 9:
        text = f"{text} {picks.of(_EMOJI) * (1 + picks.below(2))}"
    return _odd(text, picks.below(1_000))


def _odd(text: str, n: int) -> str:
    """Rare but real: combining marks, a right-to-left mark, line breaks, quotes, doubled spaces."""
    if n < 12:
        return unicodedata.normalize("NFD", text)
    if n < 18:
        return _RIGHT_TO_LEFT_MARK + text
    if n < 30:
        return text.replace(" ", "\n", 1)
    if n < 34:
        return text.replace(" ", "\r\n", 1)
    if n < 44:
        return f'"{text}"'
    return text.replace(" ", "  ", 1) if n < 54 else text


def _render(templates: tuple[str, ...], book: PhraseBook, draws: Draws, count: int, *, rough: bool) -> tuple[str, ...]:
    picks = _Picks(draws, count * 24)
    slots = book.slots if rough else _turned(book.slots, book.second_person)
    filled = (_filled(picks.of(templates), slots, picks) for _ in range(count))
    return tuple(_roughened(text, book, picks) if rough else text for text in filled)


@lru_cache(maxsize=64)
def pool(seed: int, language: str, what: str) -> tuple[str, ...]:
    """Rendered phrases of a kind: `short`, `texter`, `responder_short`, `responder` or `system`."""
    book = BOOKS[language]
    templates: tuple[str, ...] = getattr(book, what)
    count = POOL_SIZE if what in ("texter", "responder") else 8 * len(templates)
    if what in ("system", "responder_short"):
        return templates
    return _render(templates, book, Draws.of(seed, "pool", language, what), count, rough=what != "responder")
