"""What the tagger looks at in a word and around it, as hashed features; no capitals, so that case changes nothing.

Features of a word alone depend on the word and the text's languages only, so they are summed once per word and kept.
Those of its surroundings are pairs and triples of a place beside it and the kind of word that stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple
from zlib import crc32

from havenlake.privacy.scrubbing.lexicon import (
    CUED,
    FIRST,
    LANGUAGE_BITS,
    LAST,
    NEVER_ALONE,
    PLACE,
    lexicon,
    usage_lines,
)

BUCKETS = 1 << 20
EDGE = "^"
_LETTERS = dict(zip("esfd", LANGUAGE_BITS.values(), strict=True))
_LONGEST = 24


class Facts(NamedTuple):
    """What is known of a word in some languages: its class, and how often it is used and written with a capital."""

    kind: str
    frequency: str
    capital: str


UNKNOWN = Facts("u", "-", "-")


@cache
def _usage() -> Mapping[str, str]:
    return dict(usage_lines())


def facts(word: str, languages: int) -> Facts:
    """Look a word up."""
    shipped = lexicon()
    flags, packed = shipped.words.get(word, 0), shipped.names.get(word, 0)
    ordinary = (packed >> 4) & languages
    common = flags & languages
    kind = "n" if flags & NEVER_ALONE else ""
    kind += "c" if common else "k" if flags else ""
    kind += "".join(letter for letter, bit in (("F", FIRST), ("L", LAST), ("P", PLACE), ("C", CUED)) if packed & bit)
    kind += "o" if packed and ordinary else ""
    frequency, capital = _used(_usage().get(word, ""), languages)
    return Facts(kind or ("u" if frequency == "-" else "s"), frequency, capital)


def _used(codes: str, languages: int) -> tuple[str, str]:
    """Frequency and capitals in that of the languages in which the word is most used."""
    best = ("-", "-")
    for at in range(0, len(codes), 3):
        if _LETTERS[codes[at]] & languages and codes[at + 1] > best[0]:
            best = (codes[at + 1], codes[at + 2])
    return best


@lru_cache(maxsize=60_000)
def kind_of(word: str, languages: int) -> str:
    """The class of a word."""
    return facts(base_of(word), languages).kind


@lru_cache(maxsize=60_000)
def everyday(word: str, languages: int) -> bool:
    """Whether a word is one of the most frequent, as "the"."""
    return facts(base_of(word), languages).frequency == "7"


def base_of(word: str) -> str:
    """A word without the English genitive."""
    return word[:-2] if word.endswith("'s") and len(word) > 3 else word


def own(word: str, languages: int, *, blind: bool = False) -> list[str]:
    """Features of a word by itself; `blind` hides what the lists know, as for a name that nobody has listed."""
    base = base_of(word)
    kind, frequency, capital = UNKNOWN if blind else facts(base, languages)
    cut = base[:_LONGEST]
    marked = f"<{cut}>"
    found = [
        "b",
        f"k{kind}",
        f"f{frequency}{capital}",
        f"k{kind}f{frequency}{capital}",
        f"g{languages}{kind}",
        f"l{min(len(cut), 12)}",
        f"l{min(len(cut), 12)}{kind}",
    ]
    found += [f"p{cut[:n]}" for n in range(1, 5)]
    found += [f"s{cut[-n:]}" for n in range(1, 5)]
    found += [f"t{marked[i : i + 3]}" for i in range(len(marked) - 2)]
    found += [f"q{marked[i : i + 4]}" for i in range(len(marked) - 3)]
    if base != word:
        found += ["'s", f"'s{kind}"]
    if "'" in base:
        found.append("'")
    if _held(cut):
        found.append("held")
    if not blind:
        found.append(f"w{cut}")
    return found


def _held(word: str) -> bool:
    """Whether a letter is held down, as in "sooo"."""
    return any(a == b == c for a, b, c in zip(word, word[1:], word[2:], strict=False))


class Beside(NamedTuple):
    """A word of the surroundings with its kind and, coarsely, how it is used."""

    word: str
    kind: str


@lru_cache(maxsize=60_000)
def beside(word: str, languages: int) -> Beside:
    """What a neighbour tells."""
    known = facts(base_of(word), languages)
    return Beside(word, f"{known.kind}{known.frequency > '3'}{known.capital}"[:8])


NOBODY = Beside(EDGE, EDGE)


def around(kind: str, near: Sequence[Beside], gaps: tuple[str, str]) -> Iterator[str]:
    """Features of the places beside a word of a kind: three before, two after, and what stands between."""
    (w3, _), (w2, k2), (w1, k1), (n1, m1), (n2, m2) = near
    yield f"-1{w1}"
    yield f"-1{w1}|{kind}"
    yield f"-2{w2}"
    yield f"-3{w3}"
    yield f"-21{w2} {w1}"
    yield f"+1{n1}"
    yield f"+1{n1}|{kind}"
    yield f"+2{n2}"
    yield f"+12{n1} {n2}"
    yield f"-1k{k1}|{kind}"
    yield f"+1k{m1}|{kind}"
    yield f"-2k{k2}{k1}|{kind}"
    yield f"+2k{m1}{m2}|{kind}"
    yield f"-+{w1} {n1}"
    yield f"-+k{k1}{m1}|{kind}"
    yield f"<{gaps[0]}"
    yield f">{gaps[1]}"
    yield f"<{gaps[0]}|{kind}"
    yield f">{gaps[1]}|{kind}"
    yield f"<>{gaps[0]}{gaps[1]}"


def gap(text: str) -> str:
    """What stands between two words, shortened: the mark that matters."""
    if text == " ":
        return "_"
    for mark in "@#.!?\n,:;\"-'(&/*":
        if mark in text:
            return mark
    return "0" if any(c.isdigit() for c in text) else "~"


def bucket(feature: str) -> int:
    """The weight that a feature has."""
    return crc32(feature.encode("utf-8", "surrogatepass")) & (BUCKETS - 1)
