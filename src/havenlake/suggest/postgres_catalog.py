"""What PostgreSQL's catalog says of a table: columns and their types, unique keys, foreign keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from havenlake.suggest.sample import LONGEST, Carries, Column, Key, Link, column_of

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

TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND NOT c.relispartition ORDER BY 1"""
TABLE = """
    SELECT c.oid, c.relkind, greatest(c.reltuples, 0)::float8
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f')"""
COLUMNS = """
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


def expression_of(facts: tuple[Any, ...]) -> sql.Composable:
    """A column as text of bounded length; lists as JSON, and no bytes at all."""
    name, type_name, category, _ = facts
    if type_name == "bytea":
        return sql.SQL("NULL")
    value = sql.SQL("to_json({})" if category == "A" else "{}").format(sql.Identifier(name))
    return sql.SQL("left({}::text, {})").format(value, sql.Literal(LONGEST))


def column_at(index: int, facts: tuple[Any, ...], rows: Sequence[tuple[Any, ...]]) -> Column:
    """One column of the sample; `facts` is its row of `COLUMNS`, and its values stand at `index` of each row."""
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


def key_in(cursor: psycopg.Cursor[tuple[Any, ...]], oid: int) -> Key | None:
    """The primary key, else the smallest unique index without NULL."""
    for primary, columns, not_null in cursor.execute(_KEYS, [oid]).fetchall():
        if primary or not_null:
            return Key(tuple(columns), "primary key of the database" if primary else "unique and never NULL there")
    return None


def links_in(cursor: psycopg.Cursor[tuple[Any, ...]], oid: int) -> tuple[Link, ...]:
    """Foreign keys to other tables."""
    found = cursor.execute(_LINKS, [oid]).fetchall()
    return tuple(Link(table, tuple(zip(own, theirs, strict=True)), "foreign key") for table, own, theirs in found)
