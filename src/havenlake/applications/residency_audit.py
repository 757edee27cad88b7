"""Residency audit: looks at every table of an instance for what lies, or comes from, outside its zone.

What guards refused to do cannot be seen in the tables; what got round them can. One task per table, which reads its
metadata, the paths of its files, a sample of its ciphertexts and its country column, and writes nothing. A table with
findings is refused (HL-RES-006), so that the run's record and its monitor tell it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import unquote

from havenlake.config.contexts import context_route
from havenlake.config.job_inputs import ResidencyAuditInput
from havenlake.config.jobs import Job, JobOutput
from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding
from havenlake.records import UPKEEP, Mode, RowCounts, TablePlan
from havenlake.residency import row_rule
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.sources.errors import coded
from havenlake.tables.key_usage import sealed_columns
from havenlake.tables.lease import lease_name
from havenlake.tables.ledger import ledger_name
from havenlake.tables.quarantine import quarantine_name
from havenlake.tables.store import ZONE_PROPERTY
from havenlake.transforms import FOREIGN, decrypt_columns, with_foreign_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from pyspark.sql import DataFrame

    from havenlake.config import WorkspaceConfig
    from havenlake.names import TableName
    from havenlake.runner import Measured, Prepared

APP_NAME = "residency_audit_job"
_LOADS = ("raw_to_landing", "bronze_to_silver")
_SHOWN = 5
_CLOSED = "a sampled value does not open in this zone"


class ResidencyAudit(SparkApplication):
    """`app_name: residency_audit_job`."""

    layer: ClassVar[str] = UPKEEP

    def targets(self, workspace: WorkspaceConfig, job: Job) -> Mapping[str, TableName]:  # noqa: ARG002
        """Every table that the workspace's jobs load, and its own; a task has the table's full name."""
        loads = (j for j in workspace.jobs.values() if j.stage in _LOADS)
        tables = [j.job_output.name.table(table) for j in loads for table in j.tables]
        operations = workspace.vars.catalogs.operations
        own = [ledger_name(operations), quarantine_name(operations), lease_name(operations)]
        return {str(name): name for name in (*tables, *own)}

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Say which table is looked at; nothing is read yet."""
        target = environment.target(table)
        there = environment.store.exists(target)
        notes = () if there else ("the table does not exist yet",)
        plan = TablePlan(table, str(target), Mode.AUDIT if there else Mode.SKIP, notes=notes)
        return _Task(environment, target, there, plan)


def audit_job(workspace: WorkspaceConfig) -> Job:
    """The workspace's own audit job, or one as it would be: what `havenlake residency audit` runs."""
    declared = next((j for j in workspace.jobs.values() if j.app_name == APP_NAME), None)
    return declared or Job(
        name=APP_NAME,
        stage="monitoring",
        workspace=workspace.vars.name,
        app_name=APP_NAME,
        job_input=ResidencyAuditInput(),
        job_output=JobOutput.model_validate({"schema": f"{workspace.vars.catalogs.operations}.havenlake"}),
    )


@dataclass(frozen=True)
class _Task:
    """One table's audit: `Prepared` and `Measured` in one, because nothing is ever written."""

    environment: RunEnvironment
    target: TableName
    there: bool
    plan: TablePlan
    schema: str = ""
    max_event_time: datetime | None = None
    digest: str = ""
    changes: bool = False

    @property
    def contract(self) -> str:
        return self.environment.workspace.contract_fingerprint(self.environment.job, self.target.table)

    def measure(self, staging: str | None) -> Measured:  # noqa: ARG002  nothing is staged
        if not self.there:
            return self
        found = tuple(self._findings())
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise HavenlakeError(
                "HL-RES-006",
                f"{len(found)} finding(s): {'; '.join(found[:_SHOWN])}{more}",
                where=str(self.target),
                hint="see docs/explanation/residency.md#audit for what each finding asks for",
            )
        return replace(self, plan=replace(self.plan, counts=RowCounts()))

    def write(self) -> RowCounts:
        raise ValueError("an audit writes nothing")

    def _findings(self) -> Iterator[str]:
        yield from self._places()
        rows = self.environment.store.read(self.target)
        yield from self._files(rows)
        yield from self._zone()
        yield from self._ciphertexts(rows)
        yield from self._countries(rows)

    def _places(self) -> Iterator[str]:
        """The table lies where its catalog and its zone say."""
        location = self.environment.store.location(self.target)
        try:
            self.environment.guard.check_target(self.target, location)
        except HavenlakeError as error:
            yield f"place: {error.code} {error.message}"

    def _files(self, rows: DataFrame) -> Iterator[str]:
        """Every data file of the newest version lies below the table: a shallow clone's do not."""
        home = _plain(self.environment.store.location(self.target) or "")
        astray = sorted({_plain(f) for f in rows.inputFiles() if not _plain(f).startswith(f"{home}/")})
        if astray:
            yield f"files: {len(astray)} file(s) lie outside the table's own folder"

    def _zone(self) -> Iterator[str]:
        """The zone the table was made in, as it recorded it: a copied table brings its own along."""
        made_in = self.environment.store.properties(self.target).get(ZONE_PROPERTY)
        here = self.environment.workspace.vars.zone
        if made_in is not None and made_in != here:
            yield f"property: the table was made in zone {made_in}, not {here}"

    def _ciphertexts(self, rows: DataFrame) -> Iterator[str]:
        """A sample of each table's ciphertexts opens under this zone's keyring, bound to its own row and column."""
        asset = self.environment.workspace.all_assets.get(self.target.table)
        sealed = sealed_columns(rows.schema)
        if asset is None or not sealed or not set(asset.identity) <= set(rows.columns):
            return
        facts = self.environment.workspace.vars
        if facts.keyring is None and not self.environment.storage.is_local:
            return  # an instance without keys opens nothing
        binding = Binding(self.target.asset, asset.identity, facts.zone)
        sample = rows.select(*(f"`{c}`" for c in (*asset.identity, *sealed))).limit(self._input.sample_rows)
        try:
            sample.transform(decrypt_columns(sealed, self.environment.keyring, binding)).toArrow()
        except HavenlakeError as error:
            yield f"keys: {error.code} {_CLOSED}"
        except ENGINE_ERRORS as error:
            yield f"keys: {coded(error).code} {_CLOSED}"

    def _countries(self, rows: DataFrame) -> Iterator[str]:
        """No live row names another zone's country, where the table has the column itself and in clear."""
        workspace = self.environment.workspace
        rule = row_rule(workspace.zones, workspace.home)
        assets = workspace.all_assets
        route = context_route(assets, self.target.table) if rule and self.target.table in assets else None
        country = route.country if route else None
        if rule is None or country is None or country.depth or country.column not in rows.columns:
            return
        if country.column in sealed_columns(rows.schema):
            return
        live = rows.where("_deleted_at IS NULL") if "_deleted_at" in rows.columns else rows
        marked = live.transform(with_foreign_zone(country.column, rule.home, rule.zones, self.target.asset))
        count = marked.where(f"{FOREIGN} IS NOT NULL").count()
        if count:
            yield f"rows: {count} live row(s) of another country, or of none that is known"

    @property
    def _input(self) -> ResidencyAuditInput:
        return cast("ResidencyAuditInput", self.environment.job.job_input)  # the registry pairs application and model


def _plain(path: str) -> str:
    """A path as both Spark and Delta may write it, in one form."""
    return unquote(path).replace("file:///", "/").replace("file:/", "/").replace("dbfs:/", "/").rstrip("/")
