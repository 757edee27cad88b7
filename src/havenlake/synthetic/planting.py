"""Plants identifying texts into a seeded few per cent of free-text values and says where it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from havenlake.synthetic.draws import Bits, Draws, Ints
from havenlake.synthetic.people import Person, surface
from havenlake.synthetic.phrases import PhraseBook
from havenlake.synthetic.pools import BOOKS
from havenlake.synthetic.relations import LANGUAGES


@dataclass(frozen=True, slots=True)
class Planted:
    """One identifying text: where it stands, what kind it is, and its exact characters."""

    table: str
    column: str
    id: int
    kind: str
    surface: str


@dataclass(frozen=True)
class Planter:
    """Plants sentences of one phrase-book section into one column."""

    table: str
    column: str
    countries: tuple[str, ...]
    templates: Callable[[PhraseBook], Mapping[str, tuple[str, ...]]]

    def sentences(self, seed: int, ids: Ints, salt: Ints, languages: Ints) -> tuple[list[str], list[Planted]]:
        """A sentence with something planted for each row."""
        bits = Draws.of(seed, self.table, self.column, "planted").bits(ids, salt)
        rows = [self._one(*row) for row in zip(ids.tolist(), languages.tolist(), _numbers(bits), strict=True)]
        return [text for text, _ in rows], [planted for _, planted in rows]

    def _one(self, row_id: int, language: int, number: int) -> tuple[str, Planted]:
        book = BOOKS[LANGUAGES[language]]
        by_kind = self.templates(book)
        kind = tuple(by_kind)[number % len(by_kind)]
        template = by_kind[kind][number // 8 % len(by_kind[kind])]
        it = surface(kind, Person(number // 64, book, self.countries[language]))
        if kind == "PERSON" and number // 16 % 5 < 2:
            it = it.lower()
        if number // 32 % 2:
            template = template.lower()
        return template.format(it=it), Planted(self.table, self.column, row_id, kind, it)


def _numbers(bits: Bits) -> list[int]:
    numbers: list[int] = bits.tolist()
    return numbers


def planter(table: str, column: str, countries: list[str], *, notes: bool = False) -> Planter:
    """A planter for messages and answers, or for notes about a person."""
    section: Callable[[PhraseBook], MappingProxyType[str, tuple[str, ...]]]
    section = (lambda b: b.note_planted) if notes else (lambda b: b.planted)
    return Planter(table, column, tuple(countries), section)
