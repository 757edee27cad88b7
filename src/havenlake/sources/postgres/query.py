"""The pushed query of a table, and how it is divided among connections.

A table is divided by the pages its rows lie in, never by values: so skewed keys, NULL keys and tables without a
key are all read evenly, each row exactly once. The last range is open, and in a held snapshot rows stay where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.sources.postgres.types import Carried, carried

if TYPE_CHECKING:
    from collections.abc import Iterable

    from havenlake.sources.postgres.catalog import Relation

ADDRESS = "address"
"""Name, inside the pushed query, of a row's page and place in it."""
PARTITION_BYTES = 32 << 20
FETCH_BYTES = 8 << 20
MAX_FETCH_ROWS = 10_000
UNKNOWN_ROWS = 200
"""Rows at once where the server has no statistics."""
_TID_RANGES_SINCE = 140000
_EXPANDED = 4
"""Stored values are compressed; this much larger they may be on the way."""


def wire_name(number: int) -> str:
    """Name of a column on the way: whatever its own name is, this one needs no quotes."""
    return f"c{number}"


def carried_columns(relation: Relation, as_text: Iterable[str]) -> tuple[Carried, ...]:
    """How every column travels; HL-CFG-011 when `as_text` names one that is not there."""
    wanted = set(as_text)
    unknown = wanted - {column.name for column in relation.columns}
    if unknown:
        raise HavenlakeError(
            "HL-CFG-011",
            f"'as_text' names column '{min(unknown)}', which the table does not have",
            where=f"table '{relation.name}'",
            hint=f"its columns are: {', '.join(column.name for column in relation.columns)}",
        )
    return tuple(
        carried(column, number, relation.name, as_text=column.name in wanted)
        for number, column in enumerate(relation.columns)
    )


def pushed(relation: Relation, columns: tuple[Carried, ...]) -> str:
    """The query that the database runs for each partition."""
    wanted = [f"{column.sql} AS {wire_name(number)}" for number, column in enumerate(columns)]
    if relation.physical:
        wanted.append(f"t.ctid AS {ADDRESS}")
    return f"SELECT {', '.join(wanted)} FROM {relation.quoted} AS t"


def wire_schema(columns: tuple[Carried, ...]) -> dict[str, T.DataType]:
    """The types that must arrive, by name on the way."""
    return {wire_name(number): column.wire for number, column in enumerate(columns)}


def predicates(relation: Relation, *, most: int, version: int, shared: bool) -> list[str]:
    """One condition for each partition; together they hold for every row exactly once.

    Without a common snapshot a row may move between two statements, so the table is read by one.
    """
    count = min(most, -(-relation.blocks * 8192 // PARTITION_BYTES))
    if count <= 1 or not relation.physical or not shared or version < _TID_RANGES_SINCE:
        return ["true"]
    edges = [relation.blocks * part // count for part in range(1, count)]
    lower = ["", *(f"{ADDRESS} >= '({edge},0)'::tid" for edge in edges)]
    upper = [*(f"{ADDRESS} < '({edge},0)'::tid" for edge in edges), ""]
    return [" AND ".join(side for side in pair if side) for pair in zip(lower, upper, strict=True)]


def fetch_rows(relation: Relation) -> int:
    """Rows to fetch at once, so that a batch of them fits into memory beside others."""
    if relation.rows <= 0:
        return UNKNOWN_ROWS
    width = relation.bytes / relation.rows * _EXPANDED
    return max(10, min(MAX_FETCH_ROWS, int(FETCH_BYTES / max(width, 1))))
