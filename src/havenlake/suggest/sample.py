"""What is looked at: columns with a sample of their values as text, keys and links that a source knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Carries = Literal["text", "list", "json", "binary", "whole", "number", "boolean", "date", "instant", "other"]
"""What a column's type can hold. Those of `TEXTUAL` can hold words about a person."""

TEXTUAL: frozenset[Carries] = frozenset({"text", "list", "json", "binary"})
KEY_ROWS = 200_000
"""At most this many rows are read to see whether columns name a row."""
LONGEST = 4_000
"""Characters of a value that are looked at."""


@dataclass(frozen=True)
class Column:
    """A column of a sample. `values` are its values as text without NULL and '', a list's elements each for itself."""

    name: str
    carries: Carries
    type_name: str
    values: tuple[str, ...] = field(repr=False)
    filled: int
    """Sampled rows in which the column is neither NULL nor ''."""
    hint: str | None = None
    """Kind of sensitive data that the type itself tells, such as an address of the internet."""

    @property
    def distinct(self) -> int:
        """Different values in the sample."""
        return len(set(self.values))


@dataclass(frozen=True)
class Key:
    """Columns that name a row, and why they are believed to."""

    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Link:
    """Columns that name a row of another table: {own column: its column}, and why they are believed to."""

    table: str
    on: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True)
class Table:
    """One table as sampled; `key` and `links` are those that the source declares."""

    name: str
    columns: tuple[Column, ...]
    rows: int
    """Rows of the sample."""
    key: Key | None = None
    links: tuple[Link, ...] = ()

    def column(self, name: str) -> Column:
        """A column by its name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class KeyRows:
    """Rows of a few columns as tuples of text, None where a value is missing; `whole` when it is all of the table."""

    rows: tuple[tuple[str | None, ...], ...] = field(repr=False)
    whole: bool

    @property
    def unique(self) -> bool:
        """Whether no row is repeated and none lacks a value."""
        return len(set(self.rows)) == len(self.rows) and not any(None in row for row in self.rows)


KeyRowsOf = Callable[[str, tuple[str, ...]], KeyRows]
"""Rows of some columns of a table by its name."""


class Tables(Protocol):
    """A source to look at."""

    @property
    def place(self) -> str:
        """Where the tables lie, for people."""

    def names(self) -> tuple[str, ...]:
        """All tables, sorted."""

    def read(self, table: str) -> Table:
        """A sample of one table; raises a coded error when it cannot be read."""

    def key_rows(self, table: str, columns: Sequence[str]) -> KeyRows:
        """Up to `KEY_ROWS` rows of some columns."""


def column_of(name: str, carries: Carries, type_name: str, found: Iterable[Any], hint: str | None = None) -> Column:
    """A column from raw values; lists give their elements, objects their JSON."""
    values: list[str] = []
    filled = 0
    for value in found:
        texts = [text for item in (value if isinstance(value, list) else [value]) if (text := as_text(item))]
        values += texts
        filled += bool(texts)
    return Column(name, carries, type_name, tuple(values), filled, hint)


def as_text(value: Any) -> str | None:
    """A value as the text that is judged; None for NULL, '' and bytes.

    >>> as_text(3), as_text({"a": 1}), as_text(True)
    ('3', '{"a": 1}', 'true')
    """
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)[:LONGEST]
    return str(value).strip()[:LONGEST] or None
