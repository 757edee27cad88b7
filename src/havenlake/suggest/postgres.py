"""Samples of a PostgreSQL database: read-only transactions, a bounded sample, a time limit for each statement.

Keys and links come from the database's own constraints. Nothing the server says is passed on but its SQLSTATE: its
messages quote values, and the address of a server may stand in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from havenlake.errors import HavenlakeError
from havenlake.suggest.sample import KEY_ROWS, LONGEST, Carries, Column, Key, KeyRows, Link, Table, as_text, column_of

STATEMENT_SECONDS = 30
_CONNECT_SECONDS = 10
_OVERSAMPLED = 4
_TEXTS = ("text", "character varying", "character", "citext", "name", "uuid", "xml", "time", "interval")
_CARRIES: dict[str, Carries] = {
    "boolean": "boolean",
    **dict.fromkeys(("smallint", "integer", "bigint", "oid"), "whole"),
    **dict.fromkeys(("numeric", "real", "double precision", "money"), "number"),
    "date": "date",
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), "instant"),
    **dict.fromkeys(("json", "jsonb", "hstore"), "json"),
    "bytea": "binary",
}
_HINTS = {
    **dict.fromkeys(("inet", "cidr"), "IP address"),
    **dict.fromkeys(("macaddr", "macaddr8"), "device or online id"),
    **dict.fromkeys(("point", "geography", "geometry"), "place of a person"),
}
_SSL = {"sslmode", "sslrootcert", "sslcert", "sslkey"}

_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND NOT c.relispartition ORDER BY 1"""
_TABLE = """
    SELECT c.oid, c.relkind, greatest(c.reltuples, 0)::float8
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f')"""
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, NULL), t.typcategory::text, t.typtype::text
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_KEYS = """
    SELECT i.indisprimary,
           (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts),
           (SELECT bool_and(a.attnotnull) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts)
    FROM pg_index i
    WHERE i.indrelid = %s AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid"""
_LINKS = """
    SELECT f.relname,
           (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
           (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum)
    FROM pg_constraint c JOIN pg_class f ON f.oid = c.confrelid
    WHERE c.conrelid = %s AND c.contype = 'f' AND f.oid <> c.conrelid ORDER BY c.conkey"""


@dataclass(frozen=True)
class Server:
    """A database to connect to. User and password may be left to libpq's own PGUSER, PGPASSWORD and PGPASSFILE."""

    host: str
    port: int
    database: str
    options: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of_url(cls, url: str, user: str | None = None, password: str | None = None) -> Server:
        """Read `jdbc:postgresql://host:port/database?sslmode=…`; HL-CFG-004 for another form, or with a password."""
        parts = urlsplit(url.removeprefix("jdbc:"))
        given = dict(parse_qsl(parts.query))
        if parts.scheme != "postgresql" or not parts.hostname or len(parts.path) < 2:
            raise _wrong_url("it is not of the form jdbc:postgresql://host:port/database")
        if parts.username or parts.password or {"user", "password"} & set(given):
            raise _wrong_url("it holds a user or a password, which would be seen by others")
        unknown = [name for name in given if name.lower().startswith("ssl") and name not in _SSL]
        if unknown:
            raise _wrong_url(f"'{unknown[0]}' is not supported here")
        options = tuple((name, value) for name, value in given.items() if name in _SSL)
        return cls(parts.hostname, parts.port or 5432, unquote(parts.path[1:]), options, user, password)

    @property
    def place(self) -> str:
        """The database without who reads it."""
        return f"postgresql://{self.host}:{self.port}/{self.database}"

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection whose transactions can only read; HL-SUG-003 when there is none."""
        login = {k: v for k, v in (("user", self.user), ("password", self.password)) if v is not None}
        try:
            found = psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=self.database,
                connect_timeout=_CONNECT_SECONDS,
                application_name="havenlake suggest",
                row_factory=tuple_row,
                **dict(self.options),  # type: ignore[arg-type]  # sslmode and its files
                **login,  # type: ignore[arg-type]
            )
        except psycopg.Error as error:
            raise _no_connection(error, self.place) from None
        found.read_only = True
        found.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return found


def _wrong_url(why: str) -> HavenlakeError:
    hint = "jdbc:postgresql://host:5432/database; user and password by PGUSER and PGPASSWORD, or a job's secrets"
    return HavenlakeError("HL-CFG-004", f"address of the database: {why}", hint=hint)


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
            found = tuple(row[0] for row in cursor.execute(_TABLES, [self.schema]))
        if not found:
            hint = "name another schema by --schema, or grant USAGE on it"
            raise HavenlakeError("HL-SRC-001", f"schema '{self.schema}' has no tables", where=self.place, hint=hint)
        return found

    def read(self, table: str) -> Table:
        """A sample of one table, with its key and links."""
        with self._reading(table) as cursor:
            oid, relkind, estimate = self._find(cursor, table)
            columns = cursor.execute(_COLUMNS, [oid]).fetchall()
            rows = self._sample(cursor, table, columns, relkind, estimate)
            found = tuple(_column(i, facts, rows) for i, facts in enumerate(columns))
            return Table(table, found, len(rows), _key(cursor, oid), _links(cursor, oid))

    def key_rows(self, table: str, columns: Sequence[str]) -> KeyRows:
        """Values of some columns, in the order the server finds them."""
        names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns)
        query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(names, self._name(table), sql.Literal(KEY_ROWS + 1))
        with self._reading(table) as cursor:
            rows = tuple(tuple(as_text(v) for v in row) for row in cursor.execute(query))
        return KeyRows(rows[:KEY_ROWS], whole=len(rows) <= KEY_ROWS)

    def _find(self, cursor: psycopg.Cursor[tuple[Any, ...]], table: str) -> tuple[int, str, float]:
        found = cursor.execute(_TABLE, [self.schema, table]).fetchone()
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
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(map(_expression, columns)), self._name(table))
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
            raise _failed(error, what, self.place) from None
        finally:
            connection.close()


def _expression(facts: tuple[Any, ...]) -> sql.Composable:
    """A column as text of bounded length; lists as JSON, and no bytes at all."""
    name, type_name, category, _ = facts
    if type_name == "bytea":
        return sql.SQL("NULL")
    value = sql.SQL("to_json({})" if category == "A" else "{}").format(sql.Identifier(name))
    return sql.SQL("left({}::text, {})").format(value, sql.Literal(LONGEST))


def _column(index: int, facts: tuple[Any, ...], rows: Sequence[tuple[Any, ...]]) -> Column:
    name, type_name, category, kind = facts
    values = [row[index] for row in rows]
    if category == "A" and type_name.removesuffix("[]") in _TEXTS:
        return column_of(name, "list", type_name, map(_elements, values))
    return column_of(name, _carries(type_name, category, kind), type_name, values, _HINTS.get(type_name))


def _carries(type_name: str, category: str, kind: str) -> Carries:
    if kind in ("e", "d") or category in ("S", "U", "I", "G"):
        return _CARRIES.get(type_name, "text")
    return _CARRIES.get(type_name, "json" if category in ("A", "C") else "text")


def _elements(text: str | None) -> list[Any] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:  # cut off by the sample
        return [text]
    return found if isinstance(found, list) else None


def _key(cursor: psycopg.Cursor[tuple[Any, ...]], oid: int) -> Key | None:
    """The primary key, else the smallest unique index without NULL."""
    for primary, columns, not_null in cursor.execute(_KEYS, [oid]).fetchall():
        if primary or not_null:
            return Key(tuple(columns), "primary key of the database" if primary else "unique and never NULL there")
    return None


def _links(cursor: psycopg.Cursor[tuple[Any, ...]], oid: int) -> tuple[Link, ...]:
    found = cursor.execute(_LINKS, [oid]).fetchall()
    return tuple(Link(table, tuple(zip(own, theirs, strict=True)), "foreign key") for table, own, theirs in found)


_HINTS_BY_CLASS: dict[str, LiteralString] = {
    "28": "check user and password",
    "3D": "check the database's name in the address",
    "42": "grant the user USAGE on the schema and SELECT on the table",
    "53": "the server has no connection left: try again later",
    "57": "the statement took too long or the server is stopping: sample fewer --rows, or try a replica",
    "08": "the connection was lost: try again",
}


def _no_connection(error: psycopg.Error, place: str) -> HavenlakeError:
    told = str(error)  # libpq gives no SQLSTATE here, and its message names the user
    login = "authentication failed" in told or "no password supplied" in told
    reason, hint = "no connection", "check host, port and network"
    if login:
        reason, hint = "the server refused user or password", "set PGUSER and PGPASSWORD, or the job's secrets"
    elif "does not exist" in told:
        reason, hint = "the server knows no such database or user", _HINTS_BY_CLASS["3D"]
    return HavenlakeError("HL-SUG-003", reason, where=place, hint=hint)


def _failed(error: psycopg.Error, what: str, place: str) -> HavenlakeError:
    state = error.sqlstate or "08000"
    hint = _HINTS_BY_CLASS.get(state[:2], "look up the SQLSTATE in PostgreSQL's manual")
    return HavenlakeError("HL-SUG-003", f"'{what}' cannot be read (SQLSTATE {state})", where=place, hint=hint)
