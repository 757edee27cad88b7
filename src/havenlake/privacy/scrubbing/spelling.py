"""Whether a word is a common one with a typing error."""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import lru_cache

from havenlake.privacy.scrubbing.lexicon import NEVER_ALONE, lexicon

_LONGEST = 14


@lru_cache(maxsize=20_000)
def misspelt(word: str, languages: int) -> bool:
    """Whether one letter more, less, other or swapped, or letters held down, make it a common word."""
    if not 2 < len(word) <= _LONGEST:
        return len(word) <= 2
    words, bits = lexicon().words, languages | NEVER_ALONE
    return any(words.get(other, 0) & bits for other in _near(word))


def _near(word: str) -> Iterator[str]:
    yield "".join(c for i, c in enumerate(word) if i == 0 or c != word[i - 1])
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    yield from (a + b[1:] for a, b in splits if b)
    yield from (a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1)
    yield from (a + c + b[1:] for a, b in splits if b for c in string.ascii_lowercase)
    yield from (a + c + b for a, b in splits for c in string.ascii_lowercase)
