"""The Python door: `havenlake.load(…)` and what can be done with a loaded workspace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from havenlake.applications.registry import application
from havenlake.config import load_project
from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.reports.drift import DriftEvent, drift_events
from havenlake.runner import storage_of
from havenlake.runtime.session import get_spark
from havenlake.tables import DeltaStore, Ledger, ledger_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.records import LedgerEntry, RunRecord, TablePlan
    from havenlake.runner.execute import Listener

STAGE_ORDER = ("raw_to_landing", "bronze_to_silver", "maintenance", "monitoring")


@dataclass(frozen=True)
class Project:
    """One validated workspace of a repository."""

    workspace: WorkspaceConfig
    spark: SparkSession | None = None

    @classmethod
    def open(cls, path: str | Path = ".", *, workspace: str | None = None, local: str | Path | None = None) -> Project:
        """See `havenlake.load`."""
        loaded = load_project(Path(path), workspace, local=Path(local) if local else None)
        if workspace is None and len(loaded.workspaces) != 1:
            raise HavenlakeError(
                "HL-CFG-014", "say which workspace", hint=f"one of: {', '.join(sorted(loaded.workspaces))}"
            )
        return cls(loaded.workspace(workspace) if workspace else next(iter(loaded.workspaces.values())))

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The workspace's jobs, in the order of their stages."""
        return tuple(sorted(self.workspace.jobs.values(), key=lambda job: STAGE_ORDER.index(job.stage)))

    def run(
        self,
        job: str,
        *,
        tables: Sequence[str] | None = None,
        resume: str | None = None,
        accept_real_data: bool = False,
        listener: Listener | None = None,
    ) -> RunRecord:
        """Run a job, or what a run has left; raises `RunFailed` when any table did not load."""
        found = self.workspace.job(job)
        return application(found.app_name).run(
            self.workspace,
            found,
            spark=self.spark,
            tables=tables,
            resume=resume,
            listener=listener,
            accept_real_data=accept_real_data,
        )

    def plan(
        self, job: str, *, tables: Sequence[str] | None = None, exact: bool = False, accept_real_data: bool = False
    ) -> tuple[TablePlan, ...]:
        """What a run of the job would do; writes nothing. `exact` reads rows and must equal the run that follows."""
        found = self.workspace.job(job)
        return application(found.app_name).plan(
            self.workspace,
            found,
            spark=self.spark,
            tables=tables,
            exact=exact,
            accept_real_data=accept_real_data,
        )

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Every event of the workspace's ledger, oldest first."""
        return self._ledger.entries()

    def drift(self) -> tuple[DriftEvent, ...]:
        """How the schemas of all sources drifted, by the ledger; the newest first."""
        return drift_events(self.ledger())

    def as_of(self, run_id: str) -> AsOf:
        """All tables as one finished run left or found them."""
        return AsOf(self, run_id)

    def table(self, name: str, version: int | None = None) -> DataFrame:
        """A table of this workspace by its three-level name."""
        return self.store.read(TableName.parse(name), version)

    @cached_property
    def store(self) -> DeltaStore:
        """The workspace's Delta tables; starts Spark when none is running."""
        return DeltaStore(self.spark or get_spark(), storage_of(self.workspace))

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self.store, ledger_name(self.workspace.vars.catalogs.operations))


@dataclass(frozen=True)
class AsOf:
    """Tables at the Delta versions a run left them in."""

    project: Project
    run_id: str

    @cached_property
    def versions(self) -> dict[str, int]:
        """Delta version of each table at the end of the run; tables it did not touch as they were then."""
        entries = self.project.ledger()
        ends = [e.recorded_at for e in entries if e.context.run_id == self.run_id and e.result.status.good]
        if not ends:
            raise HavenlakeError(
                "HL-RUN-003", f"the ledger knows no finished run {self.run_id}", hint="see `havenlake status`"
            )
        before = (e for e in entries if e.recorded_at <= max(ends) and e.result.status.good)
        return {e.result.target: e.result.version_after for e in before if e.result.version_after is not None}

    def table(self, name: str) -> DataFrame:
        """One table as of the run; HL-RUN-004 for one that did not exist then."""
        if name not in self.versions:
            raise HavenlakeError(
                "HL-RUN-004", f"{name} did not exist at run {self.run_id}", hint="see `havenlake status`"
            )
        return self.project.table(name, self.versions[name])
