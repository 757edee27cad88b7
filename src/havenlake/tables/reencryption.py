"""Bring the ciphertexts of a table under the active key, slice by slice, and its hashes in one commit.

A slice is staged (identity and new ciphertext, never clear text) and merged; rows under the active key are not touched,
so a run that died goes on where it stopped. No framework column changes: `_run_id` and `_loaded_at` still say which
load brought the row, and readers of the change feed see an equal `_row_hash` and `_deleted_at`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.names import quoted
from havenlake.runtime.faults import fault_point
from havenlake.tables import keys as K
from havenlake.tables.key_usage import key_ids, not_under
from havenlake.tables.merge import SOFT_DELETE_COLUMNS, KeyRange
from havenlake.tables.staging import materialise, observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

    Transform = Callable[[DataFrame], DataFrame]

_ACCURACY = 10_000


@dataclass(frozen=True)
class Stale:
    """Rows of a table, those with a value under another key than the active one, and all key ids found."""

    rows: int
    stale: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Reencryption:
    """One table's way to the key `active`; `reencrypt` is a pure transform of its ciphertext `columns` in place."""

    store: DeltaStore
    target: TableName
    identity: tuple[str, ...]
    columns: tuple[str, ...]
    active: str
    reencrypt: Transform
    slice_rows: int

    def measure(self) -> Stale:
        """Count by one query over the values' headers."""
        ids = F.array_distinct(F.flatten(F.collect_set(key_ids(self.columns))))
        counts = [F.count(F.lit(1)), F.count_if(not_under(self.active, self.columns)), ids]
        row = self.store.read(self.target).agg(*counts).collect()[0]
        return Stale(row[0], row[1], tuple(sorted(row[2])))

    def write(self, stale: Stale, staging: str) -> None:
        """One commit for each slice, and one that frees live files of the values that were replaced in them."""
        for i, part in enumerate(self._slices(stale)):
            self._move(part, f"{staging}/slice-{i}")
            fault_point("slice-merged")
        # a row that was not touched keeps its file, and with it every old value that is only marked as deleted there
        self.store.spark.sql(f"REORG TABLE {self.store.ref(self.target)} APPLY (PURGE)").collect()

    def _stale(self) -> DataFrame:
        return self.store.read(self.target).where(not_under(self.active, self.columns))

    def _slices(self, stale: Stale) -> list[Column]:
        """Conditions that share out stale rows: ranges of a single integer identity, which prune files, or a hash."""
        count = -(-stale.stale // self.slice_rows)
        rows = self._stale()
        ordered = K.range_column(rows, self.identity)
        if count <= 1:
            return [F.lit(True)] if count else []  # noqa: FBT003
        if ordered is None:
            bucket = F.pmod(F.xxhash64(*K.columns(self.identity)), F.lit(count))
            return [bucket == i for i in range(count)]
        key = F.col(quoted(ordered))
        shares = [i / count for i in range(1, count)]
        bounds = sorted(set(rows.agg(F.percentile_approx(key, shares, _ACCURACY)).collect()[0][0]))
        middle = [(key > low) & (key <= high) for low, high in pairwise(bounds)]
        return [key <= bounds[0], *middle, key > bounds[-1]]

    def _move(self, part: Column, path: str) -> None:
        """Stage one slice, then merge it. Equal hashes fence off a row that another run has changed meanwhile."""
        kept = [*self.identity, "_row_hash", *self.columns]
        rows = self._stale().where(part).select(*K.columns(kept)).transform(self.reencrypt)
        metrics = {"rows": F.count(F.lit(1))}
        ordered = K.range_column(rows, self.identity)
        if ordered is not None:
            metrics |= {"low": F.min(quoted(ordered)), "high": F.max(quoted(ordered))}
        rows, seen = observe(rows, metrics)
        staged = materialise(rows, path)
        fault_point("slice-staged")
        found = seen.get
        if not found["rows"]:
            return
        bounds = KeyRange(ordered, found["low"], found["high"]) if ordered is not None else None
        view = f"havenlake_rotated_{id(staged)}"  # a table's name need not be an identifier
        staged.createOrReplaceTempView(view)
        try:
            self.store.before_write(self.target)
            self.store.spark.sql(self._sql(quoted(view), bounds)).collect()
        finally:
            self.store.spark.catalog.dropTempView(view)

    def _sql(self, source: str, bounds: KeyRange | None) -> str:
        on = [f"t.{quoted(c)} <=> s.{quoted(c)}" for c in (*self.identity, "_row_hash")]
        on += [bounds.sql] if bounds else []
        # a payload that was nulled meanwhile stays so
        values = [f"t.{quoted(c)} = IF(t.{quoted(c)} IS NULL, NULL, s.{quoted(c)})" for c in self.columns]
        return (
            f"MERGE INTO {self.store.ref(self.target)} t USING {source} s ON {' AND '.join(on)}\n"
            f"WHEN MATCHED THEN UPDATE SET {', '.join(values)}"
        )


def rewrite_hashes(store: DeltaStore, target: TableName, identity: tuple[str, ...], rehash: Transform) -> None:
    """Replace all rows by themselves with other hashes.

    Rows and the scheme that the field's metadata names change in one commit: a table is never half under a scheme.
    """
    rows = store.read(target).transform(rehash)
    store.replace(target, rows, identity, SOFT_DELETE_COLUMNS)
    fault_point("hashes-rewritten")
