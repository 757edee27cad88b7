"""What is known of a conversation: names found once in it and identifiers of other columns, masked in all its texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from havenlake.privacy.scrubbing.candidates import WORD, Candidate, View
from havenlake.privacy.scrubbing.folding import fold
from havenlake.privacy.scrubbing.lexicon import FIRST, LAST, NEVER_ALONE, Lexicon
from havenlake.privacy.scrubbing.numbers import runs

_SURE = 0.7
_SHORTEST_NAME, _SHORTEST_NUMBER = 3, 6


class Known:
    """Names (single words), numbers (digits) and other texts that are masked wherever they stand, in any case."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.numbers: set[str] = set()
        self.phrases: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.names or self.numbers or self.phrases)

    def learn(self, view: View, candidates: Iterable[Candidate]) -> None:
        """Take over the names that were found surely in one text."""
        for c in candidates:
            if c.entity == "PERSON" and c.score >= _SURE:
                self.names |= set(_name_parts(view.text[c.start : c.end], view.lexicon))

    def add(self, identifiers: Iterable[str], lexicon: Lexicon) -> None:
        """Take over identifiers of other columns: names, numbers, addresses."""
        for identifier in identifiers:
            text = " ".join(fold(identifier).text.split())
            digits = "".join(c for c in text if c.isdigit())
            if len(digits) >= _SHORTEST_NUMBER and not any(c.isalpha() for c in text):
                self.numbers.add(digits)
            elif text:
                self.names |= set(_name_parts(text, lexicon)) if not digits and "@" not in text else set()
                self.phrases |= {text} if len(text) >= _SHORTEST_NAME else set()

    def deny(self, phrases: Iterable[str]) -> None:
        """Take over what a policy never lets through: words and phrases as they are, numbers by their digits."""
        for phrase in phrases:
            text = " ".join(fold(phrase).text.split())
            digits = "".join(c for c in text if c.isdigit())
            if len(digits) >= _SHORTEST_NUMBER and not any(c.isalpha() for c in text):
                self.numbers.add(digits)
            elif text:
                self.phrases.add(text)

    def candidates(self, view: View) -> Iterator[Candidate]:
        """Where the known stands in a text."""
        if self.names:
            for match in WORD.finditer(view.text):
                if match.group().removesuffix("'s") in self.names:
                    yield Candidate(match.start(), match.end(), "PERSON", 0.9, "conversation")
        for phrase in sorted(self.phrases):
            yield from _occurrences(view.text, phrase)
        if self.numbers:
            for run in runs(view):
                if any(
                    run.digits.endswith(n) or n.endswith(run.digits)
                    for n in self.numbers
                    if len(run.digits) >= _SHORTEST_NUMBER
                ):
                    yield Candidate(run.start, run.end, "ID_NUMBER", 0.95, "known")


def _name_parts(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Words of a name that may be masked anywhere: no particles, no common words that are no names."""
    for word in WORD.findall(text):
        base = word.removesuffix("'s")
        flags, kinds = lexicon.words.get(base, 0), lexicon.names.get(base, 0) & (FIRST | LAST)
        if len(base) >= _SHORTEST_NAME and not flags & NEVER_ALONE and (kinds or not flags):
            yield base


def _occurrences(text: str, phrase: str) -> Iterator[Candidate]:
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        inside = (at and text[at - 1].isalnum() and phrase[0].isalnum()) or (
            text[end : end + 1].isalnum() and phrase[-1].isalnum()
        )
        if not inside:
            yield Candidate(at, end, "ID_NUMBER" if any(c.isdigit() for c in phrase) else "PERSON", 0.95, "known")
        at = text.find(phrase, at + 1)
