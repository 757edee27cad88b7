"""Samples of a PostgreSQL database: read-only transactions, a bounded sample, a time limit for each statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from havenlake.errors import HavenlakeError
from havenlake.suggest.postgres_catalog import (
    COLUMNS,
    TABLE,
    TABLES,
    column_at,
    expression_of,
    key_in,
    links_in,
)
from havenlake.suggest.postgres_server import Server, failed
from havenlake.suggest.sample import KEY_ROWS, KeyRows, Table, as_text

__all__ = ["PostgresTables", "Server"]

STATEMENT_SECONDS = 30
_OVERSAMPLED = 4


@dataclass(frozen=True)
class PostgresTables:
    """Tables and views of one schema; `rows` bounds the sample of each."""

    server: Server
    schema: str = "public"
    rows: int = 1_000
    statement_seconds: int = STATEMENT_SECONDS

    @property
    def place(self) -> str:
        """The database and its schema."""
        return f"{self.server.place}, schema {self.schema}"

    def names(self) -> tuple[str, ...]:
        """Tables, views and partitioned tables, without partitions."""
        with self._reading(self.schema) as cursor:
            found = tuple(row[0] for row in cursor.execute(TABLES, [self.schema]))
        if not found:
            hint = "name another schema by --schema, or grant USAGE on it"
            raise HavenlakeError("HL-SRC-001", f"schema '{self.schema}' has no tables", where=self.place, hint=hint)
        return found

    def read(self, table: str) -> Table:
        """A sample of one table, with its key and links."""
        with self._reading(table) as cursor:
            oid, relkind, estimate = self._find(cursor, table)
            columns = cursor.execute(COLUMNS, [oid]).fetchall()
            rows = self._sample(cursor, table, columns, relkind, estimate)
            found = tuple(column_at(i, facts, rows) for i, facts in enumerate(columns))
            return Table(table, found, len(rows), key_in(cursor, oid), links_in(cursor, oid))

    def key_rows(self, table: str, columns: Sequence[str]) -> KeyRows:
        """Values of some columns, in the order the server finds them."""
        names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns)
        query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(names, self._name(table), sql.Literal(KEY_ROWS + 1))
        with self._reading(table) as cursor:
            rows = tuple(tuple(as_text(v) for v in row) for row in cursor.execute(query))
        return KeyRows(rows[:KEY_ROWS], whole=len(rows) <= KEY_ROWS)

    def _find(self, cursor: psycopg.Cursor[tuple[Any, ...]], table: str) -> tuple[int, str, float]:
        found = cursor.execute(TABLE, [self.schema, table]).fetchone()
        if found is None:
            raise HavenlakeError(
                "HL-SRC-001",
                f"schema '{self.schema}' has no table '{table}'",
                where=self.place,
                hint="`havenlake suggest` without a table looks at all there are",
            )
        return found[0], found[1], found[2]

    def _sample(
        self,
        cursor: psycopg.Cursor[tuple[Any, ...]],
        table: str,
        columns: Sequence[tuple[Any, ...]],
        relkind: str,
        estimate: float,
    ) -> list[tuple[Any, ...]]:
        """Rows from pages all over a large table, else the first ones."""
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(map(expression_of, columns)), self._name(table))
        limit = sql.SQL(" LIMIT {}").format(sql.Literal(self.rows))
        if relkind in ("r", "p", "m") and estimate > _OVERSAMPLED * self.rows:
            percent = min(100.0, 100.0 * _OVERSAMPLED * self.rows / estimate)
            some = sql.SQL(" TABLESAMPLE SYSTEM ({}) REPEATABLE (7)").format(sql.Literal(percent))
            rows = cursor.execute(query + some + limit).fetchall()
            if len(rows) >= self.rows // 2:
                return rows
        return cursor.execute(query + limit).fetchall()

    def _name(self, table: str) -> sql.Identifier:
        return sql.Identifier(self.schema, table)

    @contextmanager
    def _reading(self, what: str) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """One read-only transaction, rolled back at the end."""
        connection = self.server.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{self.statement_seconds}s"])
                yield cursor
        except psycopg.Error as error:
            raise failed(error, what, self.place) from None
        finally:
            connection.close()
