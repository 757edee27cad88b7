"""What a recogniser sees and says: a view of one text, and candidates on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from havenlake.privacy.scrubbing.folding import Folded
from havenlake.privacy.scrubbing.lexicon import LANGUAGE_BITS, Lexicon

COUNTRIES = ("us", "ca", "gb", "ie", "de", "es", "fr")
LANGUAGES = ("en", "es", "fr", "de")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
DIGIT = re.compile(r"\d")
_ENOUGH, _LIKELY = 3, 0.7
"""A text with three known words has the languages that know more than seven tenths of what the best one knows."""


class Candidate(NamedTuple):
    """A stretch of the folded text that may be personal."""

    start: int
    end: int
    entity: str
    score: float
    recogniser: str


@dataclass(frozen=True)
class View:
    """One text with what is known about it; `told` are the languages (bits of `Lexicon`) it is said to be in.

    Where nobody said (`guess`), the languages are those of `told` that know most of its words.
    """

    folded: Folded
    countries: frozenset[str]
    told: int
    lexicon: Lexicon
    guess: bool = False

    @property
    def text(self) -> str:
        """The folded text."""
        return self.folded.text

    @cached_property
    def languages(self) -> int:
        """Languages the text may be in."""
        if not self.guess:
            return self.told
        known = [self.lexicon.words.get(word, 0) & self.told for word in self.vocabulary]
        counts = {bit: sum(bool(bits & bit) for bits in known) for bit in LANGUAGE_BITS.values() if bit & self.told}
        best = max(counts.values())
        return sum(bit for bit, count in counts.items() if count > _LIKELY * best) if best >= _ENOUGH else self.told

    @cached_property
    def words(self) -> list[tuple[str, int, int]]:
        """Words of the folded text with start and end."""
        return [(m.group(), *m.span()) for m in WORD.finditer(self.text)]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The different words of the folded text."""
        return frozenset([word for word, _, _ in self.words])

    @cached_property
    def has_digit(self) -> bool:
        """Whether a digit occurs."""
        return DIGIT.search(self.text) is not None

    @cached_property
    def shouted(self) -> bool:
        """Whether capitals say nothing here: everything is written in them, or every word has one."""
        starts = [start for word, start, _ in self.words if len(word) > 1]
        raised = sum(self.folded.upper(start) for start in starts)
        original = self.folded.original
        return original.isupper() or (len(starts) > 3 and raised > 0.7 * len(starts))

    def before(self, start: int, reach: int = 30) -> str:
        """The folded text just before an offset."""
        return self.text[max(0, start - reach) : start]

    def common(self, word: str) -> bool:
        """Whether a word is common in the languages the text may be in."""
        return bool(self.lexicon.words.get(word, 0) & self.languages)

    def within(self, *countries: str) -> bool:
        """Whether the text may come from one of these countries."""
        return not self.countries.isdisjoint(countries)


Find = Callable[[View], Iterable[Candidate]]


class Trigger(NamedTuple):
    """What a text must have for a recogniser to be asked: a digit, one of these marks, or one of these words."""

    digits: bool = False
    marks: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    def pulled(self, view: View) -> bool:
        """Whether the text has any of it."""
        if self.digits and view.has_digit:
            return True
        return any(mark in view.text for mark in self.marks) or not self.words.isdisjoint(view.vocabulary)


DIGITS = Trigger(digits=True)


class Recogniser(NamedTuple):
    """Finds one kind of detail. It is asked only where its trigger is pulled and the text may be from its countries."""

    name: str
    entities: tuple[str, ...]
    trigger: Trigger
    find: Find
    countries: tuple[str, ...] = COUNTRIES
