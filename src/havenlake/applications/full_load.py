"""Full load: a whole snapshot of each table into bronze, encrypted, with every change and deletion marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from pyspark.sql import functions as F

from havenlake.applications.bronze import HASH_SCHEME_KEY, BronzeContract, bronze_contract, hash_scheme
from havenlake.applications.comments import NOTHING_STALE, Comments, bronze_comments
from havenlake.applications.drift_policy import drift_lines
from havenlake.applications.row_guard import RowGuard, row_guard
from havenlake.applications.source_digest import SourceDigest, Taken, known_digest, same_files
from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding, Keyring
from havenlake.records import Mode, RowCounts, TablePlan
from havenlake.reports.drift import drift_events, first_seen
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.runtime.faults import fault_point
from havenlake.sources import Source, SourceTable, open_source
from havenlake.tables.quarantine import append_quarantine, quarantine_name, quarantine_rows
from havenlake.tables.snapshot import SnapshotDiff, SnapshotLoad, shrink_guard
from havenlake.transforms import (
    FOREIGN,
    Transform,
    encrypt_columns,
    identity_token,
    with_comments,
    with_ingest_metadata,
    with_md5_hash,
    with_row_hash,
    without,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from havenlake.config import Asset
    from havenlake.config.job_inputs import FullLoadInput
    from havenlake.names import TableName
    from havenlake.records import TableResult
    from havenlake.runner import Measured, Prepared

SMALL_BYTES = 2 << 20
"""A source of files up to this size is read by one task."""


class FullLoad(SparkApplication):
    """`app_name: full_load_job`."""

    layer: ClassVar[str] = "bronze"

    def check(self, environment: RunEnvironment) -> None:
        """Refuse landing data that is not marked synthetic where only synthetic data may be (HL-SRC-008)."""
        if not environment.synthetic_required:
            return
        why = _source(environment).not_synthetic()
        if why is not None:
            here = "; to use real data on this machine, add --i-hold-this-data" if environment.storage.is_local else ""
            raise HavenlakeError("HL-SRC-008", why, hint=f"make data with `havenlake synthetic`{here}")

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at the export's schema and the bronze table's."""
        asset = environment.assets[table]
        target = environment.target(table)
        source = _source(environment).table(table)
        existing = environment.store.read(target).schema if environment.store.exists(target) else None
        contract = _contract(environment, asset, source, existing, target)
        scheme = hash_scheme(existing, environment.keyring, target)
        comments = bronze_comments(asset, contract, source.frame.schema, environment.workspace.vars.zone)
        stale = comments.stale(existing) if existing is not None else NOTHING_STALE
        fingerprint = environment.workspace.contract_fingerprint(environment.job, table)
        guard = row_guard(environment, table, lambda: _source(environment))
        settled = existing is not None and not stale and (guard is None or guard.as_then(target))
        same = same_files(environment, target, source, fingerprint) if settled else None
        drift = _schema_changes(environment, contract, target) if contract.drift else ()
        plan = TablePlan(
            table=target.table,
            target=str(target),
            mode=Mode.FIRST_LOAD if existing is None else Mode.SKIP if same else Mode.COMPARE,
            source=source.description,
            source_position=source.position,
            schema_changes=(*drift, *stale.schema_changes),
            columns=contract.treatments,
            unknown=() if same else ("rows that changed",),
            notes=(*contract.notes, *source.notes),
        )
        return _Prepared(
            environment, asset, target, source, contract, scheme, comments, stale, fingerprint, plan, same, guard
        )


def _source(environment: RunEnvironment) -> Source:
    """The run's one source, let go of when the run ends."""

    def opened() -> Source:
        for _, place, holds in _input(environment).places():
            environment.guard.check_use(place, holds)
        source = open_source(environment.spark, environment.storage, _input(environment), environment.secrets)
        environment.at_end(source.close)
        return source

    return environment.shared("source", opened)


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
    events = drift_events(e for e in environment.whole_history if e.result.target == str(target))
    return drift_lines(contract.drift, contract.left_out, {d: first_seen(events, d) for d in contract.drift})


@dataclass(frozen=True)
class _Prepared:
    environment: RunEnvironment
    asset: Asset
    target: TableName
    source: SourceTable
    treatment: BronzeContract
    hashed_under: str
    comments: Comments
    stale: Comments
    contract: str
    plan: TablePlan
    same: TableResult | None
    """The last load, where nothing is different this time."""
    guard: RowGuard | None

    @property
    def schema(self) -> str:
        return self.source.frame.schema.json()

    def measure(self, staging: str | None) -> Measured:
        if self.same is not None:
            return _Unchanged(replace(self.plan, counts=RowCounts()), self.same.max_event_time)
        load, digests = self._load(), self._digests()
        every = _input(self.environment).full_compare_every
        told_elsewhere = load.foreign is not None and self.guard is not None and not self.guard.own
        fresh = self.plan.mode is Mode.FIRST_LOAD or self.stale or told_elsewhere
        known = None if fresh else known_digest(self.environment, self.target, every)
        if known is None or not digests.fits(known, small=self._small):
            return self._compared(load, Mode.COMPARE, digests, Taken(None, None), staging)
        shift = known.shift
        taken = self.source.read(lambda: digests.take(shift))
        if taken.digest is None:
            return self._compared(load, Mode.COMPARE, digests, taken, staging)
        if known.span_of_differences(taken.digest) is None:
            self.source.verify_unchanged()
            counts = RowCounts(read=known.rows, unchanged=known.rows)
            return _Unchanged(replace(self.plan, mode=Mode.DIGEST, counts=counts, unknown=()), taken.newest_event)
        part = digests.span(known, taken.digest)
        if part is None:
            return self._compared(load, Mode.COMPARE, digests, taken, staging)
        return self._compared(replace(load, span=part[0], outside=part[1]), Mode.RANGE, digests, taken, staging)

    def _compared(
        self, load: SnapshotLoad, mode: Mode, digests: SourceDigest, taken: Taken, staging: str | None
    ) -> Measured:
        if self.plan.mode is Mode.FIRST_LOAD and staging is not None:
            taken = self.source.read(lambda: digests.take_first(small=self._small, foreign=load.foreign))
        if taken.distinct and taken.digest is not None:
            diff = load.first_of_distinct(taken.digest.rows, taken.newest_event)
        else:
            diff = self.source.read(lambda: load.measure(staging))
        tidy = not diff.counts.quarantined and not diff.counts.duplicates
        if taken.digest is None and tidy and staging is not None:
            taken = self.source.read(lambda: digests.take_for(diff.identity_range))
        self.source.verify_unchanged()
        shrink_guard(diff, threshold=_input(self.environment).shrink_threshold, allowed=self.asset.allow_shrink)
        notes = [*self.treatment.notes, *self.source.notes]
        if diff.counts.duplicates:
            notes.append(f"{diff.counts.duplicates} identical duplicate row(s) collapsed")
        if diff.counts.foreign:
            notes.append(f"{diff.counts.foreign} row(s) of another country, or of none that is known, set aside")
        mode = Mode.FIRST_LOAD if diff.first else mode
        plan = replace(self.plan, mode=mode, counts=diff.counts, unknown=(), notes=tuple(notes))
        newest = taken.newest_event if mode is Mode.RANGE else diff.max_event_time
        return _Measured(self, load, diff, plan, staging, newest, taken.stored() if tidy else "")

    def _digests(self) -> SourceDigest:
        return SourceDigest(
            self._rows.coalesce(1) if self._small else self._rows,
            self.target.asset,
            self.asset.identity,
            self.environment.keyring,
            self.contract,
            self.asset.freshness.event_time if self.asset.freshness else None,
        )

    @property
    def _rows(self) -> DataFrame:
        return self.source.frame.transform(without(self.treatment.left_out))

    @property
    def _small(self) -> bool:
        return 0 < self.source.bytes <= SMALL_BYTES

    def _payload(self, frame: DataFrame) -> DataFrame:
        keyring, binding = self.environment.keyring, self.binding
        sealed = frame.transform(encrypt_columns(self.treatment.encrypted, keyring, binding))
        return sealed.withMetadata("_row_hash", {HASH_SCHEME_KEY: self.hashed_under})

    def _load(self) -> SnapshotLoad:
        environment, now = self.environment, self.environment.clock.now()
        freshness, guard, rows = self.asset.freshness, self.guard, self._rows
        return SnapshotLoad(
            store=environment.store,
            target=self.target,
            source=rows,
            identity=self.asset.identity,
            hash_column="_checksum" if self.asset.detect_changes_by == "md5_checksum" else "_row_hash",
            fingerprint=partial(
                _fingerprint,
                asset=self.asset,
                keyring=environment.keyring,
                binding=self.binding,
                scheme=self.hashed_under,
            ),
            payload=self._payload,
            stamp=self._stamp(now),
            before_commit=self.source.verify_unchanged,
            on_missing=self.asset.on_missing,
            event_time=freshness.event_time if freshness else None,
            small=self._small,
            rewrite_up_to=_input(environment).rewrite_up_to,
            comment=self.comments.table,
            foreign=self.source.read(lambda: guard.marks(rows)) if guard else None,
        )

    def _stamp(self, now: datetime) -> Transform:
        metadata = with_ingest_metadata(self.environment.context.run_id, self.source.position, now)
        return lambda rows: rows.transform(metadata).transform(with_comments(self.comments.columns))

    @property
    def binding(self) -> Binding:
        return Binding(self.target.asset, self.asset.identity, self.environment.workspace.vars.zone)


@dataclass(frozen=True)
class _Unchanged:
    """A source that was found unchanged without comparing rows."""

    plan: TablePlan
    max_event_time: datetime | None
    changes: bool = False
    digest: str = ""

    def write(self) -> RowCounts:
        raise ValueError("there is nothing to write")


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    load: SnapshotLoad
    diff: SnapshotDiff
    plan: TablePlan
    staging: str | None
    max_event_time: datetime | None
    digest: str

    @property
    def changes(self) -> bool:
        return self.diff.changes_target or bool(self.prepared.stale)

    def write(self) -> RowCounts:
        staging = self.staging
        if staging is None:
            raise ValueError("an exact plan cannot be written")
        source = self.prepared.source
        if self.diff.counts.quarantined:  # once, even where a conflict makes the table be tried again
            environment, told = self.prepared.environment, ("quarantined", str(self.prepared.target))
            environment.shared(told, lambda: source.read(self._quarantine))
            fault_point("quarantined")
        if self.diff.changes_target:
            source.read(lambda: self.load.write(self.diff, staging))
        self.prepared.stale.write(self.prepared.environment.store, self.prepared.target)
        return self.diff.counts

    def _quarantine(self) -> None:
        environment, asset = self.prepared.environment, self.prepared.asset
        rows = self.load.rejected(self.diff, self.prepared.source.positions())
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


def _fingerprint(frame: DataFrame, *, asset: Asset, keyring: Keyring, binding: Binding, scheme: str) -> DataFrame:
    hashed = frame.transform(with_row_hash(keyring, binding, exclude=(FOREIGN,), scheme=scheme))
    if asset.md5_checksum:
        return hashed.transform(with_md5_hash(asset.md5_checksum, keyring, binding, scheme=scheme))
    return hashed.select("*", F.lit(None).cast("binary").alias("_checksum"))
