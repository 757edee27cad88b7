"""Texts to train the tagger on: sentences of templates filled from the name lists, with noise, and labelled files."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from havenlake.privacy.scrubbing.candidates import WORD
from havenlake.privacy.scrubbing.evaluation import Labelled, read_labelled
from havenlake.privacy.scrubbing.folding import fold
from havenlake.privacy.scrubbing.lexicon import CUED, FIRST, LANGUAGE_BITS, LAST, PLACE, data, lexicon

_SLOT = re.compile(r"\{([nflp])\}")
_PERSON = frozenset(("person", "per", "name"))
_UNSURE = frozenset(("loc", "location", "geo-loc", "org", "group", "corporation", "misc", "organization", "title"))
_EMOJI = ("😀", "😂", "😭", "💔", "🙏", "❤️", "lol", "omg", "!!", "...", "xx", "haha")
_VOWELS, _LETTERS = "aeiou", "abcdefghijklmnopqrstuvwxyz"


class Sample(NamedTuple):
    """A folded text, its words with start and end, per word 1 (name), 0 (none) or -1 (do not learn), and the language.

    `hidden` are the words whose entries in the lists are hidden, so that names which nobody has listed are learnt.
    """

    text: str
    words: list[tuple[str, int, int]]
    labels: list[int]
    languages: int
    hidden: frozenset[str] = frozenset()


class Names:
    """Draws names and places of the shipped lists, and now and then makes one up."""

    def __init__(self, rng: random.Random) -> None:
        names = lexicon().names
        self._rng = rng
        self._first = sorted(n for n, p in names.items() if p & FIRST and not p >> 4 and len(n) > 2)
        self._cued = sorted(n for n, p in names.items() if p & CUED)
        self._last = sorted(n for n, p in names.items() if p & LAST and len(n) > 3)
        self._places = sorted(n for n, p in names.items() if p & PLACE and len(n) > 3)

    def fill(self, slot: str) -> str:
        """A first name, a full name, a surname or a place."""
        if slot == "p":
            return self._rng.choice(self._places)
        if slot == "l":
            return self._last_name()
        return self._given() if slot == "n" else f"{self._given()} {self._last_name()}"

    def _given(self) -> str:
        draw = self._rng.random()
        if draw < 0.12:
            return self._rng.choice(self._cued)
        return self._altered(self._rng.choice(self._first)) if draw < 0.4 else self._rng.choice(self._first)

    def _last_name(self) -> str:
        name = self._rng.choice(self._last)
        return self._altered(name) if self._rng.random() < 0.3 else name

    def _altered(self, name: str) -> str:
        """A name like this one that is in no list: another ending, another vowel, a short form."""
        how = self._rng.randrange(4)
        if how == 0:
            return name[: max(3, len(name) - self._rng.randrange(1, 4))] + self._rng.choice(
                ("y", "ie", "i", "o", "a", "")
            )
        if how == 1:
            at = self._rng.randrange(len(name))
            return name[:at] + self._rng.choice(_VOWELS) + name[at + (name[at] in _VOWELS) :]
        if how == 2:
            return name[0] + name[1:].replace("k", "c").replace("i", "y").replace("ph", "f")
        other = self._rng.choice(self._first)
        return name[: len(name) // 2 + 1] + other[len(other) // 2 :]


def from_templates(rng: random.Random, rounds: int) -> Iterator[Sample]:
    """Every template of every language, `rounds` times, with other names and other noise."""
    names = Names(rng)
    listed: dict[str, Any] = yaml.safe_load(data("templates.yaml"))
    for language, kinds in listed.items():
        for _ in range(rounds):
            for template in (*kinds["names"], *kinds["plain"]):
                yield _filled(template, language, names, rng)


def _filled(template: str, language: str, names: Names, rng: random.Random) -> Sample:
    pieces: list[str] = []
    marks: list[tuple[int, int, int]] = []
    at = last = 0
    for slot in _SLOT.finditer(template):
        before = _noisy(template[last : slot.start()], rng)
        surface = names.fill(slot[1])
        at += len(before)
        marks.append((at, at + len(surface), -1 if slot[1] == "p" else 1))
        at += len(surface)
        pieces += (before, surface)
        last = slot.end()
    pieces.append(_noisy(template[last:], rng))
    text = "".join(pieces)
    if rng.random() < 0.2:
        text += f" {rng.choice(_EMOJI)}"
    surfaces = {word for start, end, _ in marks for word in WORD.findall(fold(text[start:end]).text)}
    hidden = frozenset(word for word in sorted(surfaces) if rng.random() < 0.35)
    return _sample(text, marks, LANGUAGE_BITS[language] if rng.random() < 0.7 else 15, hidden)


def _noisy(text: str, rng: random.Random) -> str:
    """Typing errors, held letters, missing apostrophes."""
    if rng.random() < 0.3:
        text = text.replace("'", "").replace(",", "")
    words = text.split(" ")
    for i, word in enumerate(words):
        if len(word) > 3 and word.isalpha() and rng.random() < 0.06:
            at = rng.randrange(1, len(word))
            words[i] = rng.choice(
                (
                    word[:at] + word[at + 1 :],
                    word[:at] + rng.choice(_LETTERS) + word[at:],
                    word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
                    word + word[-1] * rng.randrange(1, 4),
                )
            )
    return " ".join(words)


def ordinary(texts: Iterable[tuple[str, str]], rng: random.Random) -> Iterator[Sample]:
    """Texts in which nobody is named, each with its language."""
    for text, language in texts:
        yield _sample(_noisy(text, rng), [], LANGUAGE_BITS[language])


def labelled(files: Sequence[Path], rng: random.Random, language: str = "en") -> Iterator[Sample]:
    """Texts of labelled files; places and organisations are not learnt as what no name is."""
    for file in files:
        for item in read_labelled(file):
            yield _from_labels(item, language, rng)


def _from_labels(item: Labelled, language: str, rng: random.Random) -> Sample:
    marks = []
    for label in item.labels:
        handle = "@" in (item.text[label.start : label.start + 1], item.text[: label.start].rstrip()[-1:])
        kind = label.kind.lower()
        marks.append((label.start, label.end, -1 if handle or kind in _UNSURE else int(kind in _PERSON)))
    text = item.text.replace("@ ", "@")
    if len(text) != len(item.text):
        text = item.text
    surfaces = {w for s, e, label in marks if label == 1 for w in WORD.findall(fold(text[s:e]).text)}
    hidden = frozenset(word for word in sorted(surfaces) if rng.random() < 0.25)
    return _sample(text, marks, LANGUAGE_BITS[language], hidden)


def _sample(
    text: str, marks: Sequence[tuple[int, int, int]], languages: int, hidden: frozenset[str] = frozenset()
) -> Sample:
    folded = fold(text)
    words = [(m.group(), *m.span()) for m in WORD.finditer(folded.text)]
    labels = []
    for _, start, end in words:
        begin, stop = folded.span(start, end)
        labels.append(next((label for a, b, label in marks if a < stop and begin < b), 0))
    return Sample(folded.text, words, labels, languages, hidden)
