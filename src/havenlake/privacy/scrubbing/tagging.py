"""Where a trained model of names plugs into the cascade: it sees only the texts that the vocabulary does not clear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from havenlake.privacy.scrubbing.candidates import Candidate, View
from havenlake.privacy.scrubbing.lexicon import NEVER_ALONE


class NameTagger(Protocol):
    """Finds names by context. The same text must give the same candidates whatever stands beside it in a batch."""

    @property
    def fingerprint(self) -> str:
        """Changes with the model."""

    def tag(self, views: Sequence[View]) -> list[Iterable[Candidate]]:
        """Candidates of each text, in order."""


def unknown_words(view: View) -> Iterator[tuple[int, int]]:
    """Words that are not known to be common in the text's languages: what a model or a person must look at."""
    words = view.lexicon.words
    for word, start, end in view.words:
        if len(word) > 1 and not words.get(word, 0) & (view.languages | NEVER_ALONE) and not _possessive(view, word):
            yield start, end


def _possessive(view: View, word: str) -> bool:
    """Whether every part is common, as in "we're" or "l'ecole"."""
    if "'" not in word:
        return False
    parts = [part for part in word.split("'") if len(part) > 2]
    return all(view.lexicon.words.get(part, 0) & (view.languages | NEVER_ALONE) for part in parts)
