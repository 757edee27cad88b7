"""Which keys the ciphertexts of a table are under, read from the values' headers without opening any.

A key is needed by live rows, by earlier versions that can still be read, and by files of the change feed that a
reader has not seen yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.tables import keys as K
from havenlake.tables.failures import is_gone
from havenlake.transforms import TYPE_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

_REMOVED = "_change_type IN ('update_preimage', 'delete')"
_BROUGHT = "_change_type IN ('insert', 'update_postimage')"


@dataclass(frozen=True)
class KeyNeed:
    """Rows of one table that take a key to be read: live ones, changes not read yet, and rows of older versions."""

    table: str
    live: int = 0
    unread: int = 0
    retained: int = 0

    def __bool__(self) -> bool:
        return bool(self.live or self.unread or self.retained)

    def __str__(self) -> str:
        kinds = {"live": self.live, "changes not read yet": self.unread, "in older versions": self.retained}
        return f"{self.table}: " + ", ".join(f"{rows:,} {kind}" for kind, rows in kinds.items() if rows)


def sealed_columns(schema: StructType) -> tuple[str, ...]:
    """Columns that hold ciphertext, by the type recorded when they were encrypted."""
    return tuple(f.name for f in schema.fields if TYPE_KEY in f.metadata)


def key_ids(columns: Sequence[str]) -> Column:
    """The distinct key ids of a row's ciphertexts, as an array."""
    return F.array_distinct(F.array_compact(F.array(*[_key_id(c) for c in K.columns(columns)])))


def not_under(key_id: str, columns: Sequence[str]) -> Column:
    """Whether a row holds a ciphertext under any other key."""
    return reduce(or_, (F.coalesce(_key_id(c) != key_id, F.lit(False)) for c in K.columns(columns)))  # noqa: FBT003


def rows_by_key(store: DeltaStore, table: TableName) -> dict[str, int]:
    """Rows of the table by the key ids they hold values under, soft-deleted ones included; one query."""
    frame = store.read(table)
    columns = sealed_columns(frame.schema)
    if not columns:
        return {}
    rows = frame.select(F.explode(key_ids(columns)).alias("id")).groupBy("id").count().collect()
    return {row[0]: row[1] for row in sorted(rows)}


def key_need(store: DeltaStore, table: TableName, key_id: str, seen: int | None) -> KeyNeed:
    """What still needs a key; `seen` is the version up to which the change feed has been read, None for no reader."""
    frame = store.read(table)
    versions = [commit.version for commit in store.history(table)]
    unread = 0
    if seen is not None and seen < max(versions):
        # a feed that is gone is not read: silver then compares live rows
        unread = _in_feed(store, table, (seen + 1, max(versions)), key_id, _BROUGHT) or 0
    return KeyNeed(str(table), _holding(frame, key_id), unread, _retained(store, table, versions, key_id))


def _retained(store: DeltaStore, table: TableName, versions: Sequence[int], key_id: str) -> int:
    """Rows of older versions that hold the key: those that later commits removed, told by the feed in one query.

    Where the feed does not tell it all, every older version that can still be read is looked at, newest first.
    """
    columns, oldest = sealed_columns(store.read(table).schema), min(versions)
    if _sealed_at(store, table, oldest) <= set(columns):
        removed = _in_feed(store, table, (oldest, max(versions)), key_id, _REMOVED)
        if removed is not None:
            return removed
    for version in sorted(versions, reverse=True)[1:]:
        try:
            rows = _holding(store.read(table, version), key_id)
        except ENGINE_ERRORS as error:
            if not is_gone(error):
                raise
        else:
            if rows:
                return rows
    return 0


def _sealed_at(store: DeltaStore, table: TableName, version: int) -> set[str]:
    """Ciphertext columns of a version; a mark that no table has where its log is gone."""
    try:
        return set(sealed_columns(store.read(table, version).schema))
    except ENGINE_ERRORS as error:
        if not is_gone(error):
            raise
        return {""}


def _in_feed(store: DeltaStore, table: TableName, span: tuple[int, int], key_id: str, kinds: str) -> int | None:
    """Rows of the change feed that hold the key; None where the feed cannot be read any more."""
    try:
        return _holding(store.changes(table, *span).where(kinds), key_id)
    except ENGINE_ERRORS as error:
        if not is_gone(error):
            raise
        return None


def _holding(rows: DataFrame, key_id: str) -> int:
    columns = sealed_columns(rows.schema)
    return rows.where(F.array_contains(key_ids(columns), key_id)).count() if columns else 0


def _key_id(value: Column) -> Column:
    """Bytes 2 to 5 of a ciphertext."""
    return F.substring(value, 2, 4).cast("string")
