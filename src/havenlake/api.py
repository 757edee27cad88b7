"""The Python door: `havenlake.load(…)` and what can be done with a loaded workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from havenlake.applications.key_needs import check_quiet, check_unneeded, key_needs, key_rows
from havenlake.applications.registry import application
from havenlake.applications.rescrub import APP_NAME, Rescrub
from havenlake.applications.residency_audit import ResidencyAudit, audit_job
from havenlake.applications.rotate_keys import RotateKeys, rotation_jobs
from havenlake.config import load_project
from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.records import UPKEEP
from havenlake.reports.drift import DriftEvent, drift_events
from havenlake.reports.facts import asset_facts
from havenlake.reports.status import table_states
from havenlake.runner import RunFailed, SparkApplication, storage_of
from havenlake.runner.environment import leases_of
from havenlake.runtime.clock import SystemClock
from havenlake.runtime.session import get_spark
from havenlake.tables import DeltaStore, Ledger, ledger_name
from havenlake.tables.run_versions import RunVersions, run_versions
from havenlake.tables.time_travel import read_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.records import LedgerEntry, RunRecord, TablePlan
    from havenlake.reports.table_state import TableState
    from havenlake.runner.execute import Listener

STAGE_ORDER = ("raw_to_landing", "bronze_to_silver", "maintenance", "monitoring")


@dataclass(frozen=True)
class ColumnInfo:
    """A column as a person reads of it."""

    name: str
    type: str
    comment: str | None


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
        rescrub: bool = False,
    ) -> RunRecord:
        """Run a job, or what a run has left; raises `RunFailed` when any table did not load.

        With `rescrub`, scrub rows again that another scrubber or policy has written, and do nothing else; HL-RUN-012
        for a job that does not scrub. A run that did so is resumed so.
        """
        found = self.workspace.job(job)
        return self._application(found, resume, rescrub=rescrub).run(
            self.workspace,
            found,
            spark=self.spark,
            tables=tables,
            resume=resume,
            listener=listener,
            accept_real_data=accept_real_data,
        )

    def _application(self, job: Job, resume: str | None, *, rescrub: bool) -> SparkApplication:
        again = rescrub or (resume is not None and any(e.context.is_upkeep for e in self._ledger.of_run(resume)))
        if not again or application(job.app_name).layer == UPKEEP:
            return application(job.app_name)
        if job.app_name != APP_NAME:
            hint = f"jobs of {APP_NAME} do"
            raise HavenlakeError("HL-RUN-012", f"job '{job.name}' scrubs nothing", hint=hint)
        return Rescrub()

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

    def rewrite_keys(
        self, *, tables: Sequence[str] | None = None, listener: Listener | None = None
    ) -> tuple[RunRecord, ...]:
        """Bring the tables of every loading job under the active keys, by a run for each job; a failed one is told."""
        return tuple(
            _rewritten(self, job, [t for t in tables or job.tables if t in job.tables], listener)
            for job in rotation_jobs(self.workspace)
            if not tables or set(tables) & set(job.tables)
        )

    def key_rows(self) -> dict[str, dict[str, int]]:
        """Rows by key id of each table that holds ciphertext."""
        return key_rows(self.workspace, self.store, self.ledger())

    def check_key_unneeded(self, key_id: str) -> None:
        """Raise HL-KEY-009 when a row, a retained version, an unread change or a run that is going on needs a key."""
        entries = self.ledger()
        check_quiet(entries, leases_of(self.store, self.workspace.vars.catalogs.operations, SystemClock()), key_id)
        needs = key_needs(self.workspace, self.store, entries, key_id)
        check_unneeded(self.workspace.vars.name, key_id, needs)

    def audit_residency(self, *, tables: Sequence[str] | None = None) -> RunRecord:
        """Look at every table for what does not belong to its zone; the record tells each finding (HL-RES-006)."""
        try:
            return ResidencyAudit().run(self.workspace, audit_job(self.workspace), spark=self.spark, tables=tables)
        except RunFailed as error:
            return error.record

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Every event of the workspace's ledger, oldest first."""
        return self._ledger.entries()

    def states(self) -> tuple[TableState, ...]:
        """Every table of the workspace: when it was last good, how old it is, what happened last."""
        return self.states_of(self.ledger())

    def states_of(self, entries: Sequence[LedgerEntry]) -> tuple[TableState, ...]:
        """`states` by events that were read already."""
        return table_states(entries, asset_facts(self.workspace, self.jobs), datetime.now(UTC))

    def columns(self, name: str) -> tuple[ColumnInfo, ...]:
        """Columns of a table with their comments, which say how each is treated and why a value may be NULL."""
        fields = self.table(name).schema.fields
        return tuple(ColumnInfo(f.name, f.dataType.simpleString(), f.metadata.get("comment")) for f in fields)

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


def _rewritten(project: Project, job: Job, tables: Sequence[str], listener: Listener | None) -> RunRecord:
    try:
        return RotateKeys().run(project.workspace, job, spark=project.spark, tables=tables, listener=listener)
    except RunFailed as error:
        return error.record


@dataclass(frozen=True)
class AsOf:
    """Tables at the Delta versions that belong to one finished run.

    Tables of the run as it left or found them; silver as it was made of exactly that; bronze as a silver run read
    it; all other tables as they were when the run ended.
    """

    project: Project
    run_id: str

    @property
    def versions(self) -> Mapping[str, int]:
        """Delta version of each table; HL-RUN-003 for a run that is not known or not finished."""
        return self._found.versions

    def table(self, name: str) -> DataFrame:
        """One table as of the run; HL-RUN-004 for one that is not part of it, HL-RUN-010 when the version is gone."""
        version = self._found.of(name, self.run_id)
        return read_version(self.project.store, TableName.parse(name), version)

    @cached_property
    def _found(self) -> RunVersions:
        return run_versions(self.project.ledger(), self.run_id)
