"""What the catalog says of one table at the run's instant: its columns, its types to the bottom, its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from havenlake.sources.postgres.snapshot import Snapshot

_TABLE = """
SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1
"""
_COLUMNS = """
SELECT attname, atttypid, atttypmod, format_type(atttypid, atttypmod), has_column_privilege(attrelid, attnum, 'SELECT')
FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_TYPES = """
WITH RECURSIVE reached AS (
  SELECT t.* FROM pg_type t WHERE t.oid = ANY(%s)
  UNION
  SELECT t.* FROM reached r JOIN pg_type t ON t.oid IN (r.typbasetype, r.typelem) AND t.oid <> 0
)
SELECT r.oid, r.typname, r.typtype, r.typbasetype, r.typtypmod,
  CASE WHEN EXISTS (SELECT FROM pg_type e WHERE e.oid = r.typelem AND e.typarray = r.oid) THEN r.typelem ELSE 0 END,
  n.nspname = 'pg_catalog'
FROM reached r JOIN pg_namespace n ON n.oid = r.typnamespace
"""
_PARTS = """
WITH RECURSIVE tree AS (
  SELECT %s::oid AS oid
  UNION
  SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
)
SELECT c.oid, c.relkind, coalesce(a.amname = 'heap', false), coalesce(pg_relation_size(c.oid), 0),
  coalesce(pg_table_size(c.oid), 0), greatest(c.reltuples, 0)
FROM tree JOIN pg_class c ON c.oid = tree.oid LEFT JOIN pg_am a ON a.oid = c.relam
"""
_REPLACED = """
SELECT to_regclass(%s)::oid IS DISTINCT FROM %s::oid OR EXISTS (
  SELECT FROM pg_class c
  WHERE c.oid = ANY(%s) AND c.relkind IN ('r', 'm') AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)
)
"""
"""Functions look at the catalog as it is, tables at the instant: where they differ, something happened since."""
_LOCKABLE = ("r", "p", "v")


@dataclass(frozen=True)
class PgType:
    """A type seen through all its domains. `kind` is `pg_type.typtype`; `element` is set for arrays."""

    name: str
    kind: str
    modifier: int
    built_in: bool
    element: PgType | None = None


@dataclass(frozen=True)
class PgColumn:
    """A column: its type as PostgreSQL writes it, and to the bottom."""

    name: str
    written: str
    type: PgType


@dataclass(frozen=True)
class Relation:
    """A table, view or partitioned table. `blocks` counts 8 kB pages of its largest part, sizes are bytes.

    `oid` is its number in the catalog, `parts` holds the numbers of the table itself and of everything below it;
    `physical` says that rows have addresses in pages.
    """

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[PgColumn, ...]
    parts: tuple[int, ...]
    physical: bool
    blocks: int
    bytes: int
    rows: float

    @property
    def quoted(self) -> str:
        """Its name in SQL."""
        return f"{quoted_name(self.schema)}.{quoted_name(self.name)}"


def quoted_name(name: str) -> str:
    """An identifier in SQL.

    >>> quoted_name('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def tables(snapshot: Snapshot, schema: str) -> tuple[str, ...]:
    """Names of all tables and views of a schema, sorted."""
    return tuple(str(row[0]) for row in snapshot.query(_TABLES, [schema], where=f"schema '{schema}'"))


def relation(snapshot: Snapshot, schema: str, name: str) -> Relation:
    """One table; HL-JDB-003 when it is missing, HL-JDB-004 when it may not be read whole."""
    where = f"table '{name}'"
    found = snapshot.query(_TABLE, [schema, name], where=where)
    if not found:
        raise _missing(snapshot, schema, name)
    oid, kind = int(found[0][0]), str(found[0][1])
    columns = _columns(snapshot, oid, where)
    parts = snapshot.query(_PARTS, [oid], where=where)
    stored = [part for part in parts if part[1] != "p"]
    made = Relation(
        oid=oid,
        schema=schema,
        name=name,
        kind=kind,
        columns=columns,
        parts=tuple(int(part[0]) for part in parts),
        physical=bool(stored) and all(part[2] for part in stored),
        blocks=max((int(part[3]) for part in stored), default=0) // 8192,
        bytes=sum(int(part[4]) for part in stored),
        rows=sum(float(part[5]) for part in stored),
    )
    if snapshot.shared:
        _refuse_foreign(parts, where)
        if kind in _LOCKABLE:  # until the run ends nobody can alter, truncate or drop what it reads
            snapshot.query(f"LOCK TABLE {made.quoted} IN ACCESS SHARE MODE", where=where)
        verify(snapshot, made)
    return made


def verify(snapshot: Snapshot, relation: Relation) -> None:
    """Raise HL-SRC-004 when the table was rewritten or replaced after the instant: it would look empty.

    HL-JDB-008 when the snapshot is gone.
    """
    where = f"table '{relation.name}'"
    if not snapshot.shared:
        return
    values = [relation.quoted, relation.oid, list(relation.parts)]
    if snapshot.query(_REPLACED, values, where=where)[0][0]:
        raise HavenlakeError(
            "HL-SRC-004",
            "the table was truncated, rewritten or replaced after the run's snapshot was taken",
            where=where,
            hint="run again",
        )


def _columns(snapshot: Snapshot, oid: int, where: str) -> tuple[PgColumn, ...]:
    rows = snapshot.query(_COLUMNS, [oid], where=where)
    hidden = [str(row[0]) for row in rows if not row[4]]
    if hidden:
        raise HavenlakeError(
            "HL-JDB-004",
            f"reading is not allowed: column(s) {', '.join(hidden)}",
            where=where,
            hint="grant SELECT on the table and USAGE on its schema",
        )
    types = {row[0]: row for row in snapshot.query(_TYPES, [[row[1] for row in rows]], where=where)}
    return tuple(PgColumn(str(row[0]), str(row[3]), _type(types, row[1], row[2])) for row in rows)


def _type(types: Mapping[int, Sequence[Any]], oid: int, modifier: int) -> PgType:
    """The type below all domains; a domain's own modifier counts."""
    _, name, kind, base, base_modifier, element, built_in = types[oid]
    if kind == "d":
        return _type(types, base, base_modifier)
    inner = _type(types, element, modifier) if element else None
    return PgType(str(name), str(kind), int(modifier), bool(built_in), inner)


def _refuse_foreign(parts: Sequence[Sequence[Any]], where: str) -> None:
    if any(part[1] == "f" for part in parts):
        raise HavenlakeError(
            "HL-JDB-007",
            "a foreign table lies outside the snapshot",
            where=where,
            hint="read it from its own server, or set `consistent_snapshot: false`",
        )


def _missing(snapshot: Snapshot, schema: str, name: str) -> HavenlakeError:
    found = tables(snapshot, schema)
    near = get_close_matches(name, found, n=3, cutoff=0.5) or found[:5]
    hint = f"found there: {', '.join(near)}" if near else f"schema '{schema}' is missing or has no table"
    return HavenlakeError(
        "HL-JDB-003", f"there is no table '{name}' in schema '{schema}'", where=f"table '{name}'", hint=hint
    )
