"""What was planted where, and the texts that must never be found at rest: for the tests of everything downstream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from havenlake.synthetic.database import PlatformDatabase
from havenlake.synthetic.draws import Ints
from havenlake.synthetic.planting import Planted
from havenlake.synthetic.schemas import SENSITIVE

FREE_TEXT: dict[str, str] = {"message": "message", "texter": "notes", "reporting_log_value": "value"}
_SAMPLED_KEYS = 4_000
_SHORTEST, _LONGEST = 40, 100


@dataclass(frozen=True)
class Fragment:
    """Characters of a free text, long enough to be recognised in a byte search."""

    table: str
    column: str
    text: str


@dataclass(frozen=True)
class Manifest:
    """Everything planted on one day, and a sample of the free text around it."""

    planted: tuple[Planted, ...]
    fragments: tuple[Fragment, ...]

    def of(self, table: str, column: str) -> tuple[Planted, ...]:
        """What is planted in one column."""
        return tuple(p for p in self.planted if (p.table, p.column) == (table, column))

    def clear_text_probes(
        self, columns: Iterable[tuple[str, str]] | None = None, per_column: int = 60, *, fragments: bool = True
    ) -> tuple[str, ...]:
        """Texts that must not be found in anything written: from the given columns, by default all sensitive ones.

        Without `fragments` only what identifies somebody is listed: scrubbed text may hold the rest.
        """
        wanted = [(t, c) for t, names in SENSITIVE.items() for c in names] if columns is None else list(columns)
        probes: dict[str, None] = {}
        for table, column in wanted:
            found = [p.surface for p in self.of(table, column)]
            probes |= dict.fromkeys(_spread(found, per_column))
            if fragments:
                texts = [f.text for f in self.fragments if (f.table, f.column) == (table, column)]
                probes |= dict.fromkeys(_spread(texts, per_column))
        return tuple(probes)


def manifest(database: PlatformDatabase, day: int = 0) -> Manifest:
    """The manifest of a day; it walks through all sensitive tables, so its cost grows with the database."""
    planted = tuple(p for table in SENSITIVE for p in database.iter_planted(table, day))
    return Manifest(planted, tuple(f for table in FREE_TEXT for f in _fragments(database, table, day)))


def _fragments(database: PlatformDatabase, table: str, day: int) -> Iterable[Fragment]:
    changed = database.changed_ids(table, day)
    ids = np.concatenate([changed.inserted, changed.updated, changed.returned, np.arange(1, _SAMPLED_KEYS + 1)])
    batch = database.rows(table, _unique(ids)[:_SAMPLED_KEYS], day)
    texts: pa.Array = batch.column(FREE_TEXT[table])
    long = dict.fromkeys(t[:_LONGEST] for t in texts.to_pylist() if t and len(t) >= _SHORTEST)
    return [Fragment(table, FREE_TEXT[table], text) for text in long]


def _unique(ids: Ints) -> Ints:
    """Each key once, in the order given."""
    _, first = np.unique(ids, return_index=True)
    return ids[np.sort(first)]


def _spread(texts: list[str], count: int) -> list[str]:
    """At most `count` of the texts, evenly spread."""
    return texts[:: max(1, -(-len(texts) // count))]
