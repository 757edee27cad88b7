"""Bring a table's columns to what staged rows need: new columns, wider types. Nothing else is ever changed.

A clear column is widened by Delta's type widening: one commit, no file is written anew. A column of ciphertext is
binary whatever its type, and what changes is the type that its metadata records. Delta changes the metadata of a
column only together with all rows, so the table is written anew as it is, once; rows and hashes stay the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.config.drift import simple_type, widens
from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.runtime.faults import fault_point
from havenlake.tables.failures import condition
from havenlake.transforms import TYPE_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql.types import StructField, StructType

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

_WIDENING = "delta.enableTypeWidening"


def evolve(store: DeltaStore, target: TableName, staged: StructType, leave: Sequence[str] = ()) -> None:
    """Add the staged columns that the table lacks and widen those that have become wider; `leave` takes no part.

    Raises HL-TBL-003 where the engine cannot widen a column.
    """
    existing = {f.name.lower(): f for f in store.read(target).schema.fields}  # Delta ignores case
    fields = [f for f in staged.fields if f.name not in leave]
    new = [f for f in fields if f.name.lower() not in existing]
    if new:
        store.add_columns(target, new)
        fault_point("columns-added")
    pairs = [(existing[f.name.lower()], f) for f in fields if f.name.lower() in existing]
    _widen(store, target, [(old, now) for old, now in pairs if widens(_simple(old), _simple(now))])
    _relabel(store, target, {old.name: now for old, now in pairs if _wider_inside(old, now)})


def _simple(field: StructField) -> str:
    return field.dataType.simpleString()


def _wider_inside(old: StructField, now: StructField) -> bool:
    """Whether both are ciphertext and the sealed type has become wider."""
    before, after = old.metadata.get(TYPE_KEY), now.metadata.get(TYPE_KEY)
    return before is not None and after is not None and widens(_recorded(before), _recorded(after))


def _recorded(kind: str) -> str:
    return simple_type(json.loads(kind))


def _widen(store: DeltaStore, target: TableName, columns: Sequence[tuple[StructField, StructField]]) -> None:
    if not columns:
        return
    if store.properties(target).get(_WIDENING) != "true":
        store.set_properties(target, {_WIDENING: "true"})
    for old, now in columns:
        try:
            store.execute(f"ALTER TABLE {store.ref(target)} ALTER COLUMN {quoted(old.name)} TYPE {_simple(now)}")
        except ENGINE_ERRORS as error:
            raise HavenlakeError(
                "HL-TBL-003",
                f"column '{old.name}' cannot be widened from {_simple(old)} to {_simple(now)} ({condition(error)})",
                where=str(target),
                hint="bring the export back to the old type, or move the table aside and load it anew",
            ) from None
        fault_point("column-widened")


def _relabel(store: DeltaStore, target: TableName, columns: dict[str, StructField]) -> None:
    """Write the table anew, its rows as they are, with the wider type in the columns' metadata."""
    if not columns:
        return
    rows = store.read(target)
    shown = [
        F.col(quoted(f.name)).alias(
            f.name,
            metadata=f.metadata
            if f.name not in columns
            else {**f.metadata, TYPE_KEY: columns[f.name].metadata[TYPE_KEY]},
        )
        for f in rows.schema.fields
    ]
    store.overwrite_schema(target, rows.select(*shown))
    fault_point("column-relabelled")
