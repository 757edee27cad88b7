"""Names, places and common words: read once per process from the lists shipped with the package."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

BITS = {"e": 1, "s": 2, "f": 4, "d": 8, "x": 16}
LANGUAGE_BITS = {"en": 1, "es": 2, "fr": 4, "de": 8}
ANY_LANGUAGE = 15
NEVER_ALONE = 16
"""A word that is no name unless somebody says that it is one: days, months, interjections."""
FIRST, LAST, PLACE, CUED = 1, 2, 4, 8
"""What a name can be; `CUED` marks a word that is a name after a cue even in lower case ("im grace")."""
_KINDS = {"f": FIRST, "l": LAST, "p": PLACE, "c": CUED}
SHIFT = 4


class Lexicon(NamedTuple):
    """`names` packs kinds and, above them, the languages in which the name is also an ordinary word."""

    names: Mapping[str, int]
    words: Mapping[str, int]
    long_places: Mapping[str, tuple[tuple[str, ...], ...]]

    def kinds(self, word: str, languages: int) -> tuple[int, bool]:
        """Kinds of a name, and whether it is also an ordinary word in these languages; no kind for other words."""
        packed = self.names.get(word, 0)
        return packed & (PLACE | LAST | FIRST | CUED), bool((packed >> SHIFT) & languages)


@cache
def lexicon() -> Lexicon:
    """The shipped lists."""
    names: dict[str, int] = {}
    long_places: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name, kinds, mask in _lines("names"):
        if " " in name:
            first, *rest = name.split()
            long_places[first].append(tuple(rest))
        else:
            names[name] = sum(_KINDS[k] for k in kinds) | (_bits(mask) << SHIFT)
    longest_first = {k: tuple(sorted(v, key=lambda r: (-len(r), r))) for k, v in long_places.items()}
    return Lexicon(names, {word: _bits(mask) for word, mask in _lines("words")}, longest_first)


@cache
def telling_words(languages: int) -> frozenset[str]:
    """Words that may be a name or a part of a place by themselves, in texts of these languages."""
    shipped = lexicon()
    found = set()
    for name, packed in shipped.names.items():
        ordinary, common = (packed >> SHIFT) & languages, shipped.words.get(name, 0) & languages
        if packed & CUED or not ordinary or (packed & FIRST and not common):
            found.add(name)
    for first, rests in shipped.long_places.items():
        for rest in rests:
            rare = [word for word in (first, *rest) if not shipped.words.get(word, 0) & languages]
            found |= {first, rare[0]} if rare else {first}
    return frozenset(found)


def _bits(mask: str) -> int:
    return sum(BITS[letter] for letter in mask)


def data(name: str) -> bytes:
    """A file shipped beside this module."""
    return files("havenlake.privacy.scrubbing").joinpath("data", name).read_bytes()


def _lines(name: str) -> Iterator[list[str]]:
    text = gzip.decompress(data(f"{name}.txt.gz")).decode()
    return (line.split("\t") for line in text.splitlines())


def usage_lines() -> Iterator[tuple[str, str]]:
    """Words with how they are used: per language a letter, a digit of frequency and one of capitals."""
    return ((word, codes) for word, codes in _lines("usage"))
