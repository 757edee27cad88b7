"""Write rows of a table again that a condition calls stale, slice by slice; a run that died goes on where it stopped.

Rows come from the source as for any other change, conversations whole. What has been renewed is no longer stale, so
the table itself says what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.names import SCRUB
from havenlake.records import Mode, RowCounts
from havenlake.runtime.faults import fault_point
from havenlake.tables import keys as K
from havenlake.tables.changes import VERSION, ChangeDiff
from havenlake.tables.merge import OP
from havenlake.tables.staging import materialise, observe
from havenlake.transforms.scrubbing import scrub_unit

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from havenlake.tables.changes import ChangeLoad

SLICE_ROWS = 250_000
"""Rows that are written in one commit; what a killed run has to do again at most."""


@dataclass(frozen=True)
class Renewal:
    """Stale rows of `load.target`, which know their conversation."""

    load: ChangeLoad
    stale: Column
    slice_rows: int = SLICE_ROWS

    def measure(self) -> RowCounts:
        """Count stale rows by one query over one column."""
        row = self._target.agg(F.count(F.lit(1)), F.count_if(self.stale)).collect()[0]
        return RowCounts(read=row[0], updated=row[1], unchanged=row[0] - row[1])

    def write(self, counts: RowCounts, staging: str) -> int:
        """One commit for each slice; how many values there were to scrub."""
        slices = -(-counts.updated // self.slice_rows)
        present = 0
        for i in range(slices):
            present += self._slice(i, slices, f"{staging}/slice-{i}")
        return present

    def _slice(self, number: int, slices: int, path: str) -> int:
        unit = scrub_unit(F.col(f"{SCRUB}.conversation"), self.load.identity)
        rows = self._target.where(self.stale & (F.pmod(unit, F.lit(slices)) == number))
        none = F.lit(None).cast("long").alias(VERSION)
        keys = rows.select(*K.columns(self.load.identity), none, F.lit("U").alias(OP))
        keys, seen = observe(keys, {"rows": F.count(F.lit(1)), **K.whole_range(keys, self.load.identity)})
        staged = materialise(keys, f"{path}/keys")
        found = int(seen.get["rows"] or 0)
        if not found:
            return 0
        bounds = K.key_range(staged, self.load.identity, seen.get)
        diff = ChangeDiff(Mode.RESCRUB, RowCounts(updated=found), staged, bounds)
        written = self.load.write(self.load.widened(diff, path), path)
        fault_point("slice-merged")
        return int(written.get("present") or 0)

    @property
    def _target(self) -> DataFrame:
        return self.load.store.read(self.load.target)
