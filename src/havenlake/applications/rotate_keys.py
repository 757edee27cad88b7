"""Rotate keys: ciphertexts under older keys and hashes under older schemes are brought under the active ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast

from havenlake.applications.bronze import HASH_SCHEME_KEY, hash_scheme
from havenlake.config.job_inputs import RotateKeysInput
from havenlake.config.jobs import Job
from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding
from havenlake.records import UPKEEP, ColumnTreatments, Mode, RowCounts, TablePlan
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.tables.key_usage import sealed_columns
from havenlake.tables.reencryption import Reencryption, Stale, rewrite_hashes
from havenlake.transforms import reencrypt_columns, rehashed

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from havenlake.config import WorkspaceConfig
    from havenlake.names import TableName
    from havenlake.privacy import Keyring
    from havenlake.runner import Measured, Prepared

APP_NAME = "rotate_keys"
_LOADS = ("raw_to_landing", "bronze_to_silver")
_HASHES = ("_row_hash", "_checksum")


class RotateKeys(SparkApplication):
    """`app_name: rotate_keys`: works on the tables of `job_output.schema`, in bronze and in silver alike."""

    layer: ClassVar[str] = UPKEEP

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at the table's ciphertext columns and at the scheme of its hashes."""
        target = environment.target(table)
        plan = TablePlan(table, str(target), Mode.SKIP, source=str(target), source_position="")
        if not environment.store.exists(target):
            return _Prepared(environment, target, (), None, "", replace(plan, notes=("it does not exist yet",)))
        schema = environment.store.read(target).schema
        columns = sealed_columns(schema)
        older = _older_scheme(schema, environment.keyring, target)
        if columns or older:
            notes = ("hashes are under an older key: every row is written again",) if older else ()
            plan = replace(
                plan,
                mode=Mode.ROTATE,
                columns=ColumnTreatments(encrypted=columns),
                unknown=("rows under older keys",),
                notes=notes,
            )
        return _Prepared(environment, target, columns, older, schema.json(), plan)


def rotation_jobs(workspace: WorkspaceConfig) -> tuple[Job, ...]:
    """One job for each job that loads tables, over the same tables: what `havenlake keys rewrite` runs."""
    loads = sorted((j for j in workspace.jobs.values() if j.stage in _LOADS), key=lambda j: _LOADS.index(j.stage))
    return tuple(_rotation_of(job) for job in loads)


def _rotation_of(job: Job) -> Job:
    return Job(
        name=f"{APP_NAME}-{job.name}",
        stage="maintenance",
        workspace=job.workspace,
        app_name=APP_NAME,
        job_input=RotateKeysInput(
            tables_for_processing=job.tables, data_assets_config=job.job_input.data_assets_config
        ),
        job_output=job.job_output,
        parallel_tables=job.parallel_tables,
    )


def _older_scheme(schema: StructType, keyring: Keyring, target: TableName) -> str | None:
    """The scheme that a table's hashes are under, where that is not the newest; HL-TBL-006 for a lost one."""
    if "_row_hash" not in schema.fieldNames() or HASH_SCHEME_KEY not in schema["_row_hash"].metadata:
        return None
    written = hash_scheme(schema, keyring, target)
    return None if keyring.hash_scheme(target.asset, written) == written else written


@dataclass(frozen=True)
class _Prepared:
    environment: RunEnvironment
    target: TableName
    columns: tuple[str, ...]
    older: str | None
    schema: str
    plan: TablePlan

    @property
    def contract(self) -> str:
        return self.environment.workspace.contract_fingerprint(self.environment.job, self.target.table)

    def measure(self, staging: str | None) -> Measured:
        if self.plan.mode is Mode.SKIP:
            return _Measured(self, None, Stale(0, 0, ()), replace(self.plan, counts=RowCounts()), staging)
        work = self._work()
        stale = work.measure() if self.columns else Stale(self.environment.store.read(self.target).count(), 0, ())
        self._check_live(stale)
        updated = stale.rows if self.older else stale.stale
        counts = RowCounts(read=stale.rows, updated=updated, unchanged=stale.rows - updated)
        return _Measured(self, work, stale, replace(self.plan, counts=counts, unknown=()), staging)

    def _check_live(self, stale: Stale) -> None:
        """Refuse before anything is written when a value could not be opened."""
        live = self.environment.keyring.ids()
        lost = sorted(set(stale.ids) - set(live))
        if lost:
            raise HavenlakeError(
                "HL-KEY-003",
                f"the table holds values under {', '.join(lost)}; the keyring has {', '.join(live)}",
                where=str(self.target),
                hint="bring back the keyring that has the key",
            )

    @property
    def binding(self) -> Binding:
        identity = self.environment.assets[self.target.table].identity
        return Binding(self.target.asset, identity, self.environment.workspace.vars.zone)

    def _work(self) -> Reencryption:
        environment = self.environment
        job_input = cast("RotateKeysInput", environment.job.job_input)  # the registry pairs application and model
        return Reencryption(
            environment.store,
            self.target,
            self.environment.assets[self.target.table].identity,
            self.columns,
            environment.keyring.active_id,
            reencrypt_columns(self.columns, environment.keyring, self.binding),
            job_input.slice_rows,
        )

    def rehash(self, rows: DataFrame) -> DataFrame:
        """Rows with their hashes, and the scheme recorded for them, under the active key."""
        keyring, older = self.environment.keyring, str(self.older)
        hashes = [c for c in _HASHES if c in rows.columns]
        again = rows.transform(rehashed(hashes, keyring, self.binding, scheme=older))
        scheme = {HASH_SCHEME_KEY: keyring.hash_scheme(self.target.asset, older)}
        return again.withMetadata("_row_hash", {**again.schema["_row_hash"].metadata, **scheme})


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    work: Reencryption | None
    stale: Stale
    plan: TablePlan
    staging: str | None

    @property
    def changes(self) -> bool:
        return self.stale.stale > 0 or self.prepared.older is not None

    @property
    def max_event_time(self) -> datetime | None:
        return None

    @property
    def digest(self) -> str:
        return ""

    def write(self) -> RowCounts:
        if self.staging is None or self.work is None or self.plan.counts is None:
            raise ValueError("an exact plan cannot be written")
        if self.stale.stale:
            self.work.write(self.stale, self.staging)
        if self.prepared.older is not None:
            store, target = self.prepared.environment.store, self.prepared.target
            rewrite_hashes(store, target, self.work.identity, self.prepared.rehash)
        return self.plan.counts
