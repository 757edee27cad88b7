"""What every table is computed from: seed, country, sizes, relations and texts; and the rows asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from havenlake.synthetic.draws import Draws, Ints
from havenlake.synthetic.people import Person
from havenlake.synthetic.planting import Planted, planter
from havenlake.synthetic.pools import BOOKS
from havenlake.synthetic.relations import LANGUAGES, Relations
from havenlake.synthetic.texts import PhraseTable, Texts
from havenlake.synthetic.timeline import Timeline


@dataclass(frozen=True)
class Rows:
    """Rows of one table on one day: keys, and for each the day of its last edit (0 for none)."""

    ids: Ints
    edited: Ints
    day: int

    def __len__(self) -> int:
        return len(self.ids)


Columns: TypeAlias = tuple[dict[str, pa.Array], list[Planted]]
Builder: TypeAlias = "Callable[[World, Rows], Columns]"


@dataclass(frozen=True)
class World:
    """The fixed facts of one synthetic database."""

    seed: int
    country: str
    weights: tuple[tuple[str, int], ...]
    timelines: dict[str, Timeline]

    @cached_property
    def relations(self) -> Relations:
        """Foreign keys and instants."""
        return Relations(self.seed, self.country, self.weights, self.timelines)

    @cached_property
    def countries(self) -> list[str]:
        """Country code by language index."""
        return self.relations.country_names()

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Language codes spoken here."""
        return tuple(name for name, _ in self.weights)

    @cached_property
    def _phrases(self) -> PhraseTable:
        return PhraseTable(self.seed, self.languages)

    @cached_property
    def messages(self) -> Texts:
        """Text of messages."""
        return Texts(self.seed, self._phrases, planter("message", "message", self.countries))

    def draws(self, table: str, what: str) -> Draws:
        """The random numbers of one purpose in one table."""
        return Draws.of(self.seed, table, what)

    def people(self, table: str, ids: Ints, languages: Ints) -> list[Person]:
        """The invented person that each row of a table is about."""
        books = [BOOKS[name] for name in LANGUAGES]
        keys = (self.draws(table, "person").bits(ids) >> np.uint64(24)).tolist()
        rows = zip(keys, languages.tolist(), strict=True)
        return [Person(key, books[n], self.countries[n]) for key, n in rows]


def options(values: tuple[str | None, ...], at: Ints) -> pa.Array:
    """A text array by index into a few values."""
    return pa.array(values, pa.string()).take(pa.array(at))


def weighted(draws: Draws, ids: Ints, salt: Ints, *percent: int) -> Ints:
    """Index drawn with the given percentages."""
    edges = np.cumsum(np.array(percent, np.int64))
    return np.searchsorted(edges, draws.below(ids, 100, salt), side="right").astype(np.int64)
