"""Rows with what their context says of them, joined from other tables on whole identities, at fixed versions.

Only identities and the columns that the context names are read of the other tables; rows keep their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.names import quoted
from havenlake.tables import keys as K

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

CONVERSATION = "_havenlake_conversation"
LANGUAGE = "_havenlake_language"
COUNTRY = "_havenlake_country"
_KEY = "_havenlake_via"


@dataclass(frozen=True)
class ContextTable:
    """A table that a context leads through. `on` pairs columns of the table before with its identity columns."""

    name: TableName
    on: tuple[tuple[str, str], ...]
    version: int
    seen: int | None
    """The version by which the target was written; None if unknown."""

    @property
    def own(self) -> list[str]:
        """Columns of the table before by which it is joined."""
        return [own for own, _ in self.on]

    @property
    def identity(self) -> list[str]:
        """Its columns that are joined."""
        return [other for _, other in self.on]


@dataclass(frozen=True)
class ContextRows:
    """What is joined to rows: by the name of the added column, how many tables away it lies, and its name there."""

    store: DeltaStore
    tables: tuple[ContextTable, ...]
    columns: Mapping[str, tuple[int, str]]

    @property
    def own_columns(self) -> list[str]:
        """Columns of the rows themselves that are read."""
        own = [name for depth, name in self.columns.values() if depth == 0]
        return list(dict.fromkeys([*own, *(self.tables[0].own if self.tables else ())]))

    @property
    def by_conversation(self) -> bool:
        """Whether rows belong to conversations."""
        return CONVERSATION in self.columns

    def joined(self, rows: DataFrame) -> DataFrame:
        """The rows with the added columns, as text; NULL where the way there is broken."""
        frame = rows.select("*", *self._values(0), *self._keys(0))
        for depth, table in enumerate(self.tables, 1):
            there = [K.columns([c])[0].alias(f"{_KEY}_to_{i}") for i, c in enumerate(table.identity)]
            other = self._read(table).select(*there, *self._values(depth), *self._keys(depth))
            frame = frame.join(
                other, K.equal([f"{_KEY}{depth - 1}_{i}" for i in range(len(there))], f"{_KEY}_to_"), "left"
            )
            frame = frame.drop(*[f"{_KEY}_to_{i}" for i in range(len(there))])
        return frame.select(*K.columns(rows.columns), *self.columns)

    def moved(self, rows: DataFrame) -> DataFrame | None:
        """Those of the rows whose context may say something else than at the version seen; None if none can."""
        dirty: DataFrame | None = None
        for depth in reversed(range(len(self.tables))):
            table = self.tables[depth]
            found = [] if table.seen == table.version else [self._changed(depth)]
            if dirty is not None:
                before = self.tables[depth + 1]
                through = _semi(self._read(table), before.own, dirty)
                found.append(through.select(*[c.alias(f"_k{i}") for i, c in enumerate(K.columns(table.identity))]))
            dirty = reduce(lambda a, b: a.union(b), found) if found else None
        return None if dirty is None else _semi(rows, self.tables[0].own, dirty)

    def _changed(self, depth: int) -> DataFrame:
        """Identities of a table, as `_k0` and on: born or gone since the version seen, or saying something else."""
        table = self.tables[depth]
        since = -1 if table.seen is None else table.seen
        feed = self.store.changes(table.name, since + 1, table.version)
        keys = [c.alias(f"_k{i}") for i, c in enumerate(K.columns(table.identity))]
        said = F.struct(*K.columns(self._read_of(depth)))
        grouped = feed.select(*keys, said.alias("_said"), "_change_type").groupBy(*[f"_k{i}" for i in range(len(keys))])
        kind = F.col("_change_type")  # a table that is written anew tells every row as deleted and inserted
        born = F.when(kind == "insert", 1).when(kind == "delete", -1).otherwise(0)
        counts = grouped.agg(
            F.sum(born).alias("_born"),
            F.min("_said").alias("_low"),
            F.max("_said").alias("_high"),
        )
        differs = (F.col("_born") != 0) | ~F.col("_low").eqNullSafe(F.col("_high"))
        return counts.where(differs).select(*[f"_k{i}" for i in range(len(keys))])

    def _read_of(self, depth: int) -> list[str]:
        """Columns of the table at a depth that the context reads, its identity included."""
        own = [name for level, name in self.columns.values() if level == depth + 1]
        following = self.tables[depth + 1].own if depth + 1 < len(self.tables) else []
        return list(dict.fromkeys([*self.tables[depth].identity, *own, *following]))

    def _read(self, table: ContextTable) -> DataFrame:
        return self.store.read(table.name, table.version)

    def _values(self, depth: int) -> list[Column]:
        return [
            F.col(quoted(name)).cast("string").alias(added)
            for added, (level, name) in self.columns.items()
            if level == depth
        ]

    def _keys(self, depth: int) -> list[Column]:
        """What the next table is joined by."""
        following = self.tables[depth].own if depth < len(self.tables) else []
        return [c.alias(f"{_KEY}{depth}_{i}") for i, c in enumerate(K.columns(following))]


def _semi(rows: DataFrame, names: Sequence[str], keys: DataFrame) -> DataFrame:
    """Rows whose columns of these names are among `keys`, `_k0` and on."""
    return rows.join(keys, K.equal([quoted(name) for name in names], "_k"), "left_semi")
