"""Scrub again: rows of silver that an older scrubber or policy has written, and no others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from havenlake.applications.scrubbers import scrubber_of
from havenlake.applications.silver_work import SilverWork, Written
from havenlake.errors import HavenlakeError
from havenlake.names import SCRUB
from havenlake.records import UPKEEP, Mode, RowCounts, TablePlan, Told
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.tables.renewal import SLICE_ROWS, Renewal
from havenlake.tables.run_versions import seen_version

if TYPE_CHECKING:
    from datetime import datetime

    from havenlake.privacy import TextScrubber
    from havenlake.runner import Measured, Prepared

APP_NAME = "bronze_to_silver_job"
"""The application whose jobs can be run with `--rescrub`."""


class Rescrub(SparkApplication):
    """What `havenlake run --rescrub` does after a job to silver. It brings no news, so it counts as upkeep.

    Rows are made of exactly what silver has seen of bronze, in commits of `slice_rows`; a run that died goes on where
    it stopped.
    """

    layer: ClassVar[str] = UPKEEP

    def __init__(self, scrubber: TextScrubber | None = None, slice_rows: int = SLICE_ROWS) -> None:
        self._scrubber = scrubber
        self._slice_rows = slice_rows

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at what silver has seen, and whether it holds scrubbed texts."""
        target = environment.target(table)
        good = environment.last_good(target)
        position = good.result.source_position if good else ""
        store = environment.store
        scrubber = self._scrubber or scrubber_of(environment.job, environment.workspace, lambda: environment.keyring)
        if seen_version(position) is None or not store.exists(target):
            raise HavenlakeError(
                "HL-RUN-007",
                "the ledger does not say what silver has seen",
                where=str(target),
                hint=f"havenlake run -w {environment.context.workspace} -j {environment.job.name}",
            )
        work = SilverWork.of(environment, table, scrubber, position, newest=False)
        plan = TablePlan(table, str(target), Mode.SKIP, source=str(work.bronze), source_position=position)
        if work.fingerprint and SCRUB in store.read(target).columns:
            plan = replace(plan, mode=Mode.RESCRUB, columns=work.treatment.treatments, notes=work.context.notes)
        return _Prepared(work, self._slice_rows, plan)


@dataclass(frozen=True)
class _Prepared:
    work: SilverWork
    slice_rows: int
    plan: TablePlan

    @property
    def contract(self) -> str:
        return "-".join(filter(None, (self.work.contract, self.work.fingerprint)))

    @property
    def schema(self) -> str:
        return self.work.schema.json()

    def measure(self, staging: str | None) -> Measured:
        written = Written()
        stale = self.work.stale
        if self.plan.mode is Mode.SKIP or stale is None:
            return _Measured(self, None, replace(self.plan, counts=RowCounts()), staging)
        recall = self.work.check_canaries()
        renewal = Renewal(self.work.load(self.work.version, written), stale, self.slice_rows)
        plan = replace(self.plan, counts=renewal.measure())
        return _Measured(self, renewal, plan, staging, recall, written)


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    renewal: Renewal | None
    plan: TablePlan
    staging: str | None
    recall: float | None = None
    written: Written = field(default_factory=Written)

    @property
    def changes(self) -> bool:
        return self.plan.counts is not None and self.plan.counts.updated > 0

    @property
    def max_event_time(self) -> datetime | None:
        return None

    @property
    def digest(self) -> str:
        return ""

    @property
    def told(self) -> Told:
        return Told(self.written.notes if self.changes else (), self.recall)

    def write(self) -> RowCounts:
        if self.staging is None or self.renewal is None or self.plan.counts is None:
            raise ValueError("an exact plan cannot be written")
        present = self.renewal.write(self.plan.counts, self.staging)
        return self.prepared.work.counted(self.plan.counts, present, self.written)
