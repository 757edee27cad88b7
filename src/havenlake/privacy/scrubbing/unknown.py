"""Words that no list knows: what a strict policy masks."""

from __future__ import annotations

from collections.abc import Iterator

from havenlake.privacy.scrubbing.candidates import View
from havenlake.privacy.scrubbing.lexicon import NEVER_ALONE
from havenlake.privacy.scrubbing.spelling import misspelt


def unknown_words(view: View, *, unless_misspelt: bool = False) -> Iterator[tuple[int, int]]:
    """Words that are not known to be common in the text's languages: what a person must look at.

    With `unless_misspelt` words of one to three letters, and those a typing error away from a common one, are left out.
    """
    words, bits = view.lexicon.words, view.languages | NEVER_ALONE
    for word, start, end in view.words:
        if words.get(word, 0) & bits or len(word) < 2 or _contraction(view, word):
            continue
        if not (unless_misspelt and (len(word) < 4 or misspelt(word, view.languages))):
            yield start, end


def _contraction(view: View, word: str) -> bool:
    """Whether all parts are common, as in "we're", "don't", "l'ecole", "thinkin"."""
    words, bits = view.lexicon.words, view.languages | NEVER_ALONE
    if word.endswith("in") and words.get(f"{word}g", 0) & bits:
        return True
    if "'" not in word:
        return False
    if word.endswith("n't"):
        return len(word) < 6 or bool(words.get(word[:-3], 0) & bits)
    return all(words.get(part, 0) & bits for part in word.split("'") if len(part) > 2)
