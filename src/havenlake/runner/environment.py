"""What one run works with: session, places, ledger, leases, keys, clock, and who it is."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from havenlake import __version__
from havenlake.names import SchemaName, TableName
from havenlake.records import RunContext
from havenlake.residency import PlaceGuard
from havenlake.runtime.keyrings import KeyringPlace
from havenlake.runtime.locks import FileLock
from havenlake.runtime.region import session_region
from havenlake.runtime.secrets import notebook_utilities, resolver_for
from havenlake.runtime.storage import Storage, remove
from havenlake.tables.lease import DeltaLeases, FileLeases, lease_name
from havenlake.tables.ledger import Ledger, last_good, ledger_name
from havenlake.tables.store import DeltaStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from pyspark.sql import SparkSession

    from havenlake.config import Asset, Job, WorkspaceConfig
    from havenlake.privacy import Keyring
    from havenlake.records import Clock, LedgerEntry, SecretResolver
    from havenlake.runner.telemetry import Telemetry
    from havenlake.tables.lease import Leases

LEASE_WAIT_SECONDS = 600.0
HISTORY = timedelta(days=14)
"""How far back a run looks into the ledger, unless a table needs more."""
T = TypeVar("T")


@dataclass(frozen=True)
class RunEnvironment:
    """Everything a table task may use. One per attempt of a run, shared by its threads."""

    spark: SparkSession
    workspace: WorkspaceConfig
    job: Job
    context: RunContext
    clock: Clock
    storage: Storage
    store: DeltaStore
    secrets: SecretResolver
    guard: PlaceGuard
    """What this instance may touch; asked again where something is read, written or sent."""
    dbutils: Any = None
    accept_real_data: bool = False
    """The person at the keyboard said that the landing data may be used on this machine."""
    lease_wait: float = LEASE_WAIT_SECONDS
    targets: Mapping[str, TableName] = field(default_factory=dict)
    """Tables to work on by the name of their task, for an application that writes beyond its output schema."""
    _shared: dict[object, Any] = field(default_factory=dict, repr=False)
    _exits: ExitStack = field(default_factory=ExitStack, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _key_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def target_schema(self) -> SchemaName:
        """Catalog and schema the job writes to."""
        return SchemaName.parse(self.job.job_output.schema_)

    def target(self, table: str) -> TableName:
        """The table a task writes."""
        return self.targets.get(table) or self.target_schema.table(table)

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """Data assets by table."""
        return self.workspace.assets_of(self.job)

    @cached_property
    def ledger(self) -> Ledger:
        """The instance's ledger."""
        return Ledger(self.store, ledger_name(self._operations), lambda: self.commit_lock("ledger"))

    @cached_property
    def leases(self) -> Leases:
        """File locks for a local warehouse, rows of a Delta table elsewhere."""
        return leases_of(self.store, self._operations, self.clock, self.lease_wait)

    def shared(self, key: object, make: Callable[[], T]) -> T:
        """Something all tables of a run use, made once: so that they read one and the same export."""
        with self._lock:
            if key not in self._shared:
                self._shared[key] = make()
            found: T = self._shared[key]
            return found

    def at_end(self, release: Callable[[], None]) -> None:
        """Have something released when the run ends, whatever becomes of it."""
        self._exits.callback(release)

    def close(self) -> None:
        """Release what the run holds; what is shared afterwards is made anew."""
        with self._lock:
            self._shared.clear()
        self._exits.close()

    @property
    def synthetic_required(self) -> bool:
        """Whether landing data must be marked synthetic.

        In a development instance, and where a deployed instance's configuration runs on a laptop.
        """
        variables = self.workspace.vars
        if not self.storage.is_local:
            return variables.synthetic_only
        return variables.environment != "local" and not self.accept_real_data

    @property
    def keyring(self) -> Keyring:
        """The zone's keys, opened once per run."""
        with self._key_lock:
            return self._keyring

    @cached_property
    def _keyring(self) -> Keyring:
        return open_keyring(self.workspace, self.storage, self.secrets)

    @cached_property
    def history(self) -> tuple[LedgerEntry, ...]:
        """What the ledger told of the job's targets when the run started: the last weeks', more where that is short."""
        return self.ledger.recent(self._targets, self.clock.now() - HISTORY)

    @property
    def whole_history(self) -> tuple[LedgerEntry, ...]:
        """All events of the job's targets, read when somebody asks."""
        return self.shared("whole history", lambda: self.ledger.of_targets(self._targets))

    @property
    def _targets(self) -> list[TableName]:
        return [self.target(t) for t in self.targets or self.job.tables]

    @property
    def last_look(self) -> datetime | None:
        """When the job's own task ended well for the last time before this run."""
        ends = [e.result.finished_at for e in self.history if e.result.status.good and e.context.job == self.job.name]
        return max((end for end in ends if end is not None), default=None)

    @cached_property
    def telemetry(self) -> Telemetry:
        """What monitoring is told of the run."""
        from havenlake.runner.telemetry import Telemetry

        return Telemetry(self)

    @property
    def digests(self) -> Mapping[str, str]:
        """By target the snapshot digest that belongs to the version which its last good load left."""
        return self.shared("digests", lambda: self.ledger.digests(self._versions_left))

    @property
    def _versions_left(self) -> dict[str, int]:
        good = last_good(e for e in self.history if not e.context.is_upkeep)
        left = {name: entry.result.version_after for name, entry in good.items()}
        return {name: version for name, version in left.items() if version is not None}

    def last_good(self, target: TableName) -> LedgerEntry | None:
        """The target's last successful load; upkeep knows nothing of sources."""
        return last_good(e for e in self.history if not e.context.is_upkeep).get(str(target))

    def commit_lock(self, name: str) -> AbstractContextManager[object]:
        """Guards commits to a shared table where the file system cannot."""
        from contextlib import nullcontext

        return nullcontext() if self._locks is None else FileLock(self._locks / f"{name}.commit.lock")

    def staging(self, target: TableName) -> str | None:
        """The folder for one table's staged changes; None where there is none. Staged rows stay in the zone too."""
        if self.storage.staging_root and not self.storage.is_local:
            self.guard.check_use(self.storage.staging_root, "rows")
        return self.storage.staging(f"{self.context.run_id}-{self.context.attempt}", target)

    def clear_staging(self, context: RunContext) -> None:
        """Remove what an attempt of a run staged, as far as this place allows."""
        folder = self.storage.staging_of_run(f"{context.run_id}-{context.attempt}")
        if folder:
            remove(folder, self.dbutils)

    @property
    def _operations(self) -> str:
        return self.workspace.vars.catalogs.operations

    @property
    def _locks(self) -> Path | None:
        return _lock_folder(self.storage)


def _lock_folder(storage: Storage) -> Path | None:
    return storage.warehouse / "_locks" if storage.warehouse else None


def leases_of(store: DeltaStore, operations: str, clock: Clock, wait: float = LEASE_WAIT_SECONDS) -> Leases:
    """File locks for a local warehouse, rows of a Delta table elsewhere."""
    folder = _lock_folder(store.storage)
    if folder is not None:
        return FileLeases(folder, wait)
    return DeltaLeases(store, lease_name(operations), clock, wait)


def storage_of(workspace: WorkspaceConfig) -> Storage:
    """The places of a workspace."""
    folder = workspace.vars.warehouse
    warehouse = (workspace.root / folder) if folder else None
    return Storage(warehouse, workspace.root, staging_root=workspace.vars.staging)


def place_guard(workspace: WorkspaceConfig, clock: Clock) -> PlaceGuard:
    """The guard of a workspace's places as of today."""
    return PlaceGuard(workspace.zones, workspace.vars, clock.now().date())


def open_keyring(workspace: WorkspaceConfig, storage: Storage, secrets: SecretResolver) -> Keyring:
    """The keyring of the workspace's zone: the warehouse's own file, else the declared secret or wrapped file."""
    return KeyringPlace(workspace.vars, workspace.root, storage.warehouse, secrets).open()


def open_environment(  # noqa: PLR0913  one place where everything comes together
    spark: SparkSession,
    workspace: WorkspaceConfig,
    job: Job,
    *,
    run_id: str,
    attempt: int,
    layer: str,
    clock: Clock,
    accept_real_data: bool = False,
    lease_wait: float = LEASE_WAIT_SECONDS,
    targets: Mapping[str, TableName] | None = None,
) -> RunEnvironment:
    """Assemble the environment of one attempt; reads no row. Refuses to start outside the instance's zone."""
    variables = workspace.vars
    guard, storage = place_guard(workspace, clock), storage_of(workspace)
    guard.check_job(job)
    if not storage.is_local:
        guard.check_region(session_region(spark))
    context = RunContext(
        run_id=run_id,
        attempt=attempt,
        job=job.name,
        app_name=job.app_name,
        stage=job.stage,
        workspace=variables.name,
        environment=variables.environment,
        country=variables.country,
        zone=variables.zone,
        layer=layer,
        config_fingerprint=workspace.fingerprint(job),
        code_version=__version__,
    )
    databricks = "DATABRICKS_RUNTIME_VERSION" in os.environ
    dbutils = notebook_utilities() if databricks else None
    return RunEnvironment(
        spark=spark,
        workspace=workspace,
        job=job,
        context=context,
        clock=clock,
        storage=storage,
        store=DeltaStore(spark, storage, guard.check_target, variables.zone),
        guard=guard,
        secrets=resolver_for(databricks=databricks, dbutils=dbutils),
        dbutils=dbutils,
        accept_real_data=accept_real_data,
        lease_wait=lease_wait,
        targets=targets or {},
    )
