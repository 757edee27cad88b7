"""Full load: a whole snapshot of each table into bronze, encrypted, with every change and deletion marked."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from havenlake.applications.bronze import HASH_SCHEME_KEY, BronzeContract, bronze_contract, check_hash_scheme
from havenlake.applications.drift_policy import drift_lines
from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding, Keyring
from havenlake.records import Mode, RowCounts, TablePlan
from havenlake.reports.drift import drift_events, first_seen
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.runtime.faults import fault_point
from havenlake.runtime.storage import list_files
from havenlake.sources import SourceTable, open_source, translate
from havenlake.tables.quarantine import append_quarantine, quarantine_name, quarantine_rows
from havenlake.tables.snapshot import SnapshotDiff, SnapshotLoad, shrink_guard
from havenlake.transforms import (
    encrypt_columns,
    identity_token,
    with_ingest_metadata,
    with_md5_hash,
    with_row_hash,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from havenlake.config import Asset
    from havenlake.config.job_inputs import FullLoadInput
    from havenlake.names import TableName
    from havenlake.runner import Measured, Prepared

SYNTHETIC_MARKER = "SYNTHETIC.json"


class FullLoad(SparkApplication):
    """`app_name: full_load_job`."""

    layer: ClassVar[str] = "bronze"

    def check(self, environment: RunEnvironment) -> None:
        """Refuse landing data that is not marked synthetic where only synthetic data may be (HL-SRC-008)."""
        job_input = _input(environment)
        if not environment.synthetic_required or job_input.load_base_path is None:
            return
        base = environment.storage.resolve(job_input.load_base_path)
        try:
            list_files(environment.spark, f"{base}/{SYNTHETIC_MARKER}")
        except FileNotFoundError:
            raise HavenlakeError(
                "HL-SRC-008",
                f"{base} holds no {SYNTHETIC_MARKER}",
                hint="make data with `havenlake synthetic`"
                + (
                    "; to use real data on this machine, add --i-hold-this-data" if environment.storage.is_local else ""
                ),
            ) from None

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at the export's schema and the bronze table's."""
        asset = environment.assets[table]
        target = environment.target(table)
        source = environment.shared(
            "source", lambda: open_source(environment.spark, environment.storage, _input(environment))
        ).table(table)
        existing = environment.store.read(target).schema if environment.store.exists(target) else None
        contract = _contract(environment, asset, source, existing, target)
        if existing is not None:
            check_hash_scheme(existing, environment.keyring, target)
        plan = TablePlan(
            table=target.table,
            target=str(target),
            mode=Mode.FIRST_LOAD if existing is None else Mode.COMPARE,
            source=source.description,
            source_position=source.position,
            schema_changes=_schema_changes(environment, contract, target) if contract.drift else (),
            columns=contract.treatments,
            unknown=("rows that changed",),
            notes=contract.notes,
        )
        return _Prepared(environment, table, asset, target, source, contract, plan)


def _input(environment: RunEnvironment) -> FullLoadInput:
    return cast("FullLoadInput", environment.job.job_input)  # the registry pairs application and model


def _contract(
    environment: RunEnvironment, asset: Asset, source: SourceTable, existing: StructType | None, target: TableName
) -> BronzeContract:
    """What bronze makes of the source; an error carries the source's schema, so that the ledger keeps it."""
    good = environment.last_good(target) if existing is not None else None
    try:
        return bronze_contract(asset, source.frame.schema, existing, target, good.result.schema if good else "")
    except HavenlakeError as error:
        error.source_schema = source.frame.schema.json()
        raise


def _schema_changes(environment: RunEnvironment, contract: BronzeContract, target: TableName) -> tuple[str, ...]:
    events = drift_events(e for e in environment.history if e.result.target == str(target))
    return drift_lines(contract.drift, contract.left_out, {d: first_seen(events, d) for d in contract.drift})


@dataclass(frozen=True)
class _Prepared:
    environment: RunEnvironment
    name: str
    asset: Asset
    target: TableName
    source: SourceTable
    treatment: BronzeContract
    plan: TablePlan

    @property
    def contract(self) -> str:
        return self.environment.workspace.contract_fingerprint(self.environment.job, self.name)

    @property
    def schema(self) -> str:
        return self.source.frame.schema.json()

    def measure(self, staging: str | None) -> Measured:
        load = self._load()
        with self.reading():
            diff = load.measure(staging)
        self.source.verify_unchanged()
        shrink_guard(diff, threshold=_input(self.environment).shrink_threshold, allowed=self.asset.allow_shrink)
        notes = list(self.plan.notes)
        if diff.counts.duplicates:
            notes.append(f"{diff.counts.duplicates} identical duplicate row(s) collapsed")
        plan = replace(self.plan, counts=diff.counts, unknown=(), notes=tuple(notes))
        return _Measured(self, load, diff, plan, staging)

    def _payload(self, frame: DataFrame) -> DataFrame:
        keyring, binding = self.environment.keyring, self.binding
        sealed = frame.transform(encrypt_columns(self.treatment.encrypted, keyring, binding))
        return sealed.withMetadata("_row_hash", {HASH_SCHEME_KEY: keyring.hash_scheme(binding.asset)})

    def _load(self) -> SnapshotLoad:
        environment, now = self.environment, self.environment.clock.now()
        freshness = self.asset.freshness
        return SnapshotLoad(
            store=environment.store,
            target=self.target,
            source=self.source.frame.transform(without(self.treatment.left_out)),
            identity=self.asset.identity,
            hash_column="_checksum" if self.asset.detect_changes_by == "md5_checksum" else "_row_hash",
            fingerprint=partial(_fingerprint, asset=self.asset, keyring=environment.keyring, binding=self.binding),
            payload=self._payload,
            stamp=with_ingest_metadata(environment.context.run_id, self.source.position, now),
            before_commit=self.source.verify_unchanged,
            on_missing=self.asset.on_missing,
            event_time=freshness.event_time if freshness else None,
        )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Tell a failure of the engine by the source file it came from."""
        try:
            yield
        except PySparkException as error:
            raise translate(error, self.name, self.source) from None

    @property
    def binding(self) -> Binding:
        return Binding(self.target.asset, self.asset.identity, self.environment.workspace.vars.zone)


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    load: SnapshotLoad
    diff: SnapshotDiff
    plan: TablePlan
    staging: str | None

    @property
    def changes(self) -> bool:
        return self.diff.changes_target

    @property
    def max_event_time(self) -> datetime | None:
        return self.diff.max_event_time

    def write(self) -> RowCounts:
        if self.staging is None:
            raise ValueError("an exact plan cannot be written")
        with self.prepared.reading():
            if self.diff.counts.quarantined:
                self._quarantine()
                fault_point("quarantined")
            if self.diff.changes_target:
                self.load.write(self.diff, self.staging)
        return self.diff.counts

    def _quarantine(self) -> None:
        environment, asset = self.prepared.environment, self.prepared.asset
        rows = self.load.conflicting(self.diff, self.prepared.source.positions())
        rows = rows.transform(identity_token(environment.keyring, self.prepared.binding))
        entries = quarantine_rows(
            rows,
            asset.identity,
            environment.context,
            self.prepared.target,
            self.prepared.source.position,
            environment.clock.now(),
        )
        name = quarantine_name(environment.workspace.vars.catalogs.operations)
        append_quarantine(environment.store, name, entries, lambda: environment.commit_lock("quarantine"))


def _fingerprint(frame: DataFrame, *, asset: Asset, keyring: Keyring, binding: Binding) -> DataFrame:
    hashed = frame.transform(with_row_hash(keyring, binding))
    if asset.md5_checksum:
        return hashed.transform(with_md5_hash(asset.md5_checksum, keyring, binding))
    return hashed.select("*", F.lit(None).cast("binary").alias("_checksum"))
