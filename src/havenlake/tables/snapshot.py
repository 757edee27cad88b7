"""Apply a full snapshot to a Delta table: what is new, changed, vanished or returned, in one MERGE.

The comparison reads identities and hashes only; only changed rows are read a second time, prepared
(encrypted) and staged. Clear text of a row never crosses an exchange: few changed keys are broadcast to the
source rows, many are joined after the rows have been prepared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.records import RowCounts
from havenlake.runtime.faults import fault_point
from havenlake.tables import keys as K
from havenlake.tables.evolution import evolve
from havenlake.tables.merge import OP, SOFT_DELETE_COLUMNS, KeyRange, merge_sql
from havenlake.tables.quarantine import UNKNOWN_COUNTRY, WRONG_COUNTRY
from havenlake.tables.retention import MOVED
from havenlake.tables.staging import materialise, observe
from havenlake.transforms.countries import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

    Transform = Callable[[DataFrame], DataFrame]

BROADCAST_KEYS = 200_000
"""Up to this many changed keys travel to the source rows; beyond it the prepared rows travel to the keys."""


@dataclass(frozen=True)
class SnapshotDiff:
    """Outcome of a comparison.

    `keys` holds identity, `OP` and `K.ROWS` of every key that differs, is repeated or is in conflict; `live`
    counts the target's live rows before the load, `source_keys` the distinct identities of the source.
    """

    first: bool
    counts: RowCounts
    live: int
    source_keys: int
    missing_identity: int
    keys: DataFrame
    repeated_keys: int
    conflicting_keys: int
    key_range: KeyRange | None
    max_event_time: datetime | None
    identity_range: tuple[int, int] | None = None
    """Smallest and largest identity of the source, where it is a single integer."""
    moved: int = 0
    """Rows of the target whose source rows may not lie here any more; `counts.deleted` counts them too."""

    @property
    def changes_target(self) -> bool:
        """Whether writing would change the target; a first load always creates it."""
        return self.first or self.counts.changed > 0


@dataclass(frozen=True)
class SnapshotLoad:
    """One snapshot on its way into one table.

    `fingerprint` adds `hash_column` to source rows; `payload` turns fingerprinted rows into what may rest
    (encryption), keeping the identity; `stamp` adds `_loaded_at`, `_run_id`, `_source` and a NULL `_deleted_at`.
    All three are pure transforms. `before_commit` may still refuse, when everything is staged.
    """

    store: DeltaStore
    target: TableName
    source: DataFrame
    identity: tuple[str, ...]
    hash_column: str
    fingerprint: Transform
    payload: Transform
    stamp: Transform
    before_commit: Callable[[], None] = lambda: None
    on_missing: Literal["soft_delete", "keep", "delete"] = "soft_delete"
    event_time: str | None = None
    span: KeyRange | None = None
    """Only identities in this range are compared; `outside` rows beyond it are known to be as they were."""
    outside: int = 0
    small: bool = False
    """The source is known to be small: one task a step, keys held by the driver."""
    rewrite_up_to: int = 0
    """A changed target of up to this many rows is written anew: a MERGE would cost more than it saves."""
    comment: str | None = None
    """The table's own comment, for the commit that creates it."""
    foreign: Transform | None = None
    """Adds `FOREIGN` to source rows; those it marks are never written. `fingerprint` leaves that column out."""

    def measure(self, staging: str | None) -> SnapshotDiff:
        """Compare the source with the target; with `staging` the keys are kept under it for `write`."""
        path = f"{staging}/keys" if staging else None
        if self.store.exists(self.target):
            return self._measure_against_target(path)
        return self._measure_first(path)

    def first_of_distinct(self, rows: int, newest: datetime | None) -> SnapshotDiff:
        """The outcome of a first load of `rows` rows that are known to have an identity each, no two the same."""
        seen, repeated = {"rows": rows, "missing": 0}, {"keys": 0, "rows": 0}
        nothing = self.source.select(
            *K.columns(self.identity), F.lit(None).cast("string").alias(OP), F.lit(0).cast("bigint").alias(K.ROWS)
        ).where("false")
        diff = _first_diff(seen, repeated, {"conflict_keys": 0, "conflict_rows": 0}, nothing)
        return replace(diff, max_event_time=newest)

    def write(self, diff: SnapshotDiff, staging: str) -> None:
        """Create the target, or stage the changed rows and merge them: one commit either way."""
        if diff.first:
            self.before_commit()
            self.store.create(self.target, self._all_rows(diff), self.identity, SOFT_DELETE_COLUMNS, self.comment)
            return
        if self._rewrites(diff):
            self.before_commit()
            self.store.overwrite(self.target, self._rewritten(diff))
            return
        staged = materialise(self._changed_rows(diff), f"{staging}/rows")
        fault_point("rows-staged")
        self.before_commit()
        if diff.moved:  # upkeep must write files anew that only hide what the rows held
            self.store.set_properties(self.target, {MOVED: str(self.store.version(self.target))})
        merge_staged(
            self.store,
            self.target,
            staged,
            identity=self.identity,
            on_delete="delete" if self.on_missing == "delete" else "soft_delete",
            key_range=diff.key_range,
            moved=diff.moved > 0,
        )

    def rejected(self, diff: SnapshotDiff, rows: DataFrame) -> DataFrame:
        """Those of `rows` (source rows, perhaps with a position) that may not lie here, are nameless or in conflict."""
        if self.foreign is None:
            return self._conflicting(diff, rows)
        flagged = rows.transform(self.foreign)
        unknown = F.col(FOREIGN) == F.lit("")
        rule = F.when(unknown, UNKNOWN_COUNTRY).otherwise(WRONG_COUNTRY).alias("_rule")
        away = flagged.where(F.col(FOREIGN).isNotNull()).select("*", rule)
        return away.unionByName(self._conflicting(diff, flagged.where(F.col(FOREIGN).isNull())))

    def _conflicting(self, diff: SnapshotDiff, rows: DataFrame) -> DataFrame:
        missing = rows.where(K.identity_missing(self.identity)).withColumn("_rule", F.lit("identity_missing"))
        if not diff.conflicting_keys:
            return missing
        conflict = K.restricted(rows, diff.keys.where(f"{OP} = 'Q'"), self.identity, "left_semi")
        return missing.unionByName(conflict.withColumn("_rule", F.lit("identity_conflict")))

    @property
    def _own(self) -> DataFrame:
        """Source rows that may lie here."""
        if self.foreign is None:
            return self.source
        return self.source.transform(self.foreign).where(F.col(FOREIGN).isNull()).drop(FOREIGN)

    def _observed_source(self, *, whole: bool) -> tuple[DataFrame, Any]:
        """The source, marked and counted on the way; without `whole` only the columns that are counted."""
        source = self.source if self.foreign is None else self.source.transform(self.foreign)
        missing = K.identity_missing(self.identity)
        metrics = {"rows": F.count(F.lit(1)), "missing": F.count_if(missing)}
        if self.foreign is not None:
            metrics["missing"] = F.count_if(missing & F.col(FOREIGN).isNull())
            metrics["foreign"] = F.count(F.col(FOREIGN))
        column = K.range_column(self.source, self.identity)
        if column is not None:
            metrics |= {"low": F.min(quoted(column)), "high": F.max(quoted(column))}
        if self.event_time is not None and self.event_time in self.source.columns:
            # microseconds: a Python datetime would come back in the driver's own time zone
            metrics["event_time"] = F.max(F.unix_micros(F.col(quoted(self.event_time)).try_cast("timestamp")))
        rows = self._in_span(source)
        if not whole:  # what is observed is not pruned by what is used afterwards
            more = (*((self.event_time,) if "event_time" in metrics else ()), *((FOREIGN,) if self.foreign else ()))
            names = dict.fromkeys((*self.identity, *more))
            rows = rows.select(*K.columns([str(name) for name in names]))
        return observe(rows, metrics)

    def _in_span(self, rows: DataFrame) -> DataFrame:
        if self.span is None:
            return rows
        return rows.where(F.col(quoted(self.span.column)).between(self.span.low, self.span.high))

    def _one_task(self, rows: DataFrame) -> DataFrame:
        """One partition needs no exchange to be grouped and joined."""
        return rows.coalesce(1) if self.small else rows

    def _measure_first(self, path: str | None) -> SnapshotDiff:
        source, seen = self._observed_source(whole=False)
        if self.foreign is not None:
            source = source.where(F.col(FOREIGN).isNull())
        known = self._one_task(source).where(~K.identity_missing(self.identity))
        repeated = known.groupBy(*K.columns(self.identity)).agg(F.count(F.lit(1)).alias(K.ROWS)).where(f"{K.ROWS} > 1")
        repeated, found = observe(repeated, {"keys": F.count(F.lit(1)), "rows": F.sum(K.ROWS)})
        repeated = materialise(repeated, f"{path}-repeated" if path else None, few=self.small)
        totals = {"live": 0, **_numbers(found.get)}
        conflict = {"conflict_keys": 0, "conflict_rows": 0}
        keys = repeated.select(*K.columns(self.identity), F.lit(None).cast("string").alias(OP), K.ROWS)
        if totals["keys"]:
            rows = K.restricted(self._own, repeated, self.identity, "left_semi").transform(self.fingerprint)
            keys = K.conflicts(K.counted(rows, self.identity, self.hash_column), self.identity)
            is_conflict = F.col(OP).isNotNull()
            conflict_metrics = {
                "conflict_keys": F.count_if(is_conflict),
                "conflict_rows": F.sum(F.when(is_conflict, F.col(K.ROWS))),
            }
            keys, judged = observe(keys, conflict_metrics)
            keys = materialise(keys, path, few=self.small)
            conflict = _numbers(judged.get)
        return _first_diff(seen.get, totals, conflict, keys)

    def _measure_against_target(self, path: str | None) -> SnapshotDiff:
        source, seen = self._observed_source(whole=True)
        keys = K.compared(
            source.transform(self.fingerprint),
            self._in_span(self.store.read(self.target)),
            self.identity,
            self.hash_column,
            F.col("_deleted_at").isNotNull(),
            delete_missing=self.on_missing != "keep",
            one_task=self.small,
        )
        keys, judged = observe(keys, K.key_metrics(keys, self.identity))
        wanted = keys.where(f"{OP} IS NOT NULL OR {K.ROWS} > 1").drop(K.LIVE)
        staged = materialise(wanted, path, few=self.small)
        return _diff(seen.get, judged.get, staged, K.key_range(staged, self.identity, judged.get), self.outside)

    def _all_rows(self, diff: SnapshotDiff) -> DataFrame:
        rows = self._own.where(~K.identity_missing(self.identity))
        if not diff.repeated_keys and not diff.conflicting_keys:
            return self._prepared(rows)
        single = self._chosen(rows, diff.keys, inside=False, many=diff.repeated_keys + diff.conflicting_keys)
        if not diff.repeated_keys:
            return single
        repeated = self._chosen(rows, diff.keys.where(f"{OP} IS NULL"), inside=True, many=diff.repeated_keys)
        return single.unionByName(repeated.dropDuplicates(list(self.identity)))

    def _changed_rows(self, diff: SnapshotDiff) -> DataFrame:
        changed = diff.keys.where(f"{OP} IN ('I', 'U', 'R')")
        many = diff.counts.inserted + diff.counts.updated + diff.counts.returned
        rows = self._upserts(changed, diff, many).withColumn(OP, F.lit("U"))
        if not diff.counts.deleted:
            return rows
        stamped = diff.keys.where(f"{OP} IN ('D', 'M')").select(*K.columns(self.identity), OP).transform(self.stamp)
        vanished = stamped.withColumn("_deleted_at", F.col("_loaded_at"))
        return rows.unionByName(vanished, allowMissingColumns=True) if many else _widened(vanished, rows)

    def _upserts(self, changed: DataFrame, diff: SnapshotDiff, many: int) -> DataFrame:
        rows = self._chosen(self._in_span(self._own), changed, inside=True, many=many)
        return rows.dropDuplicates(list(self.identity)) if diff.repeated_keys else rows

    def _rewrites(self, diff: SnapshotDiff) -> bool:
        """Whether to write the whole table: it is small, keeps its columns and their types, and loses no row."""
        if diff.live + diff.counts.inserted > self.rewrite_up_to or self.on_missing == "delete":
            return False
        return _types(self.store.read(self.target)).items() >= _types(self._prepared(self.source)).items()

    def _rewritten(self, diff: SnapshotDiff) -> DataFrame:
        """All rows of the target after the load; those that did not change keep their ciphertext and stamps."""
        target = self.store.read(self.target)
        kept = K.restricted(target, diff.keys.where(K.DIFFERS), self.identity, "left_anti")
        changed = diff.keys.where(f"{OP} IN ('I', 'U', 'R')")
        many = diff.counts.inserted + diff.counts.updated + diff.counts.returned
        rows = kept.unionByName(self._upserts(changed, diff, many), allowMissingColumns=True)
        if diff.counts.deleted > diff.moved:
            gone = K.restricted(target, diff.keys.where(f"{OP} = 'D'"), self.identity, "left_semi")
            rows = rows.unionByName(self._marked_deleted(gone))
        if diff.moved:
            moved = K.restricted(target, diff.keys.where(f"{OP} = 'M'"), self.identity, "left_semi")
            rows = rows.unionByName(_emptied(self._marked_deleted(moved), self.identity))
        return rows.coalesce(1)

    def _marked_deleted(self, gone: DataFrame) -> DataFrame:
        """Rows of the target with the three columns set that a soft delete sets."""
        source = "_havenlake_source"
        rows = gone.withColumnRenamed("_source", source).drop(*SOFT_DELETE_COLUMNS).transform(self.stamp)
        rows = rows.drop("_source").withColumnRenamed(source, "_source")
        return rows.withColumn("_deleted_at", F.col("_loaded_at"))

    def _chosen(self, rows: DataFrame, keys: DataFrame, *, inside: bool, many: int) -> DataFrame:
        if many > BROADCAST_KEYS:
            return K.joined(self._prepared(rows), keys, self.identity, inside=inside)
        return self._prepared(K.restricted(rows, keys, self.identity, "left_semi" if inside else "left_anti"))

    def _prepared(self, rows: DataFrame) -> DataFrame:
        return rows.transform(self.fingerprint).transform(self.payload).transform(self.stamp)


def _types(frame: DataFrame) -> dict[str, str]:
    return {field.name.lower(): field.dataType.simpleString() for field in frame.schema.fields}


def merge_staged(
    store: DeltaStore,
    target: TableName,
    staged: DataFrame,
    *,
    identity: tuple[str, ...],
    on_delete: Literal["soft_delete", "delete"],
    key_range: KeyRange | None = None,
    moved: bool = False,
    same: tuple[str, ...] = (),
) -> None:
    """Merge staged changes (whole rows and `OP`) into the target, with the columns and types they need."""
    store.before_write(target)
    existing = {c.lower(): c for c in store.read(target).columns}  # Delta finds columns without regard to case
    evolve(store, target, staged.schema, leave=(OP,))
    view = f"havenlake_staged_{id(staged)}"  # a table's name need not be an identifier
    staged.createOrReplaceTempView(view)
    try:
        columns = [c for c in staged.columns if c != OP]
        held = tuple(dict.fromkeys((*existing.values(), *columns))) if moved else ()
        absent = [name for key, name in existing.items() if key not in {c.lower() for c in columns}]
        store.spark.sql(
            merge_sql(
                store.ref(target),
                quoted(view),
                identity=identity,
                columns=columns,
                on_delete=on_delete,
                absent=absent,
                same=same,
                key_range=key_range,
                emptied=[c for c in held if c not in {*identity, *_OF_EMPTIED}],
            )
        ).collect()
    finally:
        store.spark.catalog.dropTempView(view)


_OF_EMPTIED = (*SOFT_DELETE_COLUMNS, "_source")
"""What a moved row keeps beside its identity. It loses its hashes too: they are made of what it held."""


def _emptied(rows: DataFrame, identity: tuple[str, ...]) -> DataFrame:
    """Rows of the target without anything that came from their source but the identity."""
    kept = {*identity, *_OF_EMPTIED}
    columns = [
        F.col(quoted(f.name)) if f.name in kept else F.lit(None).cast(f.dataType).alias(f.name, metadata=f.metadata)
        for f in rows.schema.fields
    ]
    return rows.select(*columns)


def shrink_guard(diff: SnapshotDiff, *, threshold: float, allowed: bool) -> None:
    """Refuse a snapshot that is empty or holds less than `threshold` of the target's live rows."""
    if allowed or (diff.source_keys and diff.source_keys >= threshold * diff.live):
        return
    raise HavenlakeError(
        "HL-TBL-002",
        f"snapshot has {diff.source_keys:,} identities, the table {diff.live:,} live rows",
        hint="check the export; if the source really shrank, set `allow_shrink: true` on the asset for one load",
    )


def _widened(vanished: DataFrame, like: DataFrame) -> DataFrame:
    """Deletions alone, with the columns a staged upsert would have, all NULL."""
    present = set(vanished.columns)
    columns = [
        F.col(quoted(f.name)) if f.name in present else F.lit(None).cast(f.dataType).alias(f.name, metadata=f.metadata)
        for f in like.schema.fields
    ]
    return vanished.select(*columns)


def _range_of(seen: dict[str, Any]) -> tuple[int, int] | None:
    return None if seen.get("low") is None else (int(seen["low"]), int(seen["high"]))


def instant(micros: int | None) -> datetime | None:
    """Microseconds since the epoch as a time in UTC; None outside of Python's calendar."""
    try:
        return None if micros is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
    except OverflowError:  # a year that Python's calendar does not have
        return None


def _numbers(metrics: dict[str, Any]) -> dict[str, int]:
    return {name: int(value or 0) for name, value in metrics.items()}


def _first_diff(
    seen: dict[str, Any], totals: dict[str, int], conflict: dict[str, int], keys: DataFrame
) -> SnapshotDiff:
    rows, missing, foreign = int(seen["rows"]), int(seen["missing"]), int(seen.get("foreign") or 0)
    repeated = totals["keys"] - conflict["conflict_keys"]
    duplicates = totals["rows"] - conflict["conflict_rows"] - repeated
    loaded = rows - missing - foreign - conflict["conflict_rows"] - duplicates
    counts = RowCounts(
        read=rows,
        inserted=loaded,
        quarantined=missing + foreign + conflict["conflict_rows"],
        duplicates=duplicates,
        foreign=foreign,
    )
    return SnapshotDiff(
        first=True,
        counts=counts,
        live=0,
        source_keys=loaded + conflict["conflict_keys"],
        missing_identity=missing,
        keys=keys,
        repeated_keys=repeated,
        conflicting_keys=conflict["conflict_keys"],
        key_range=None,
        max_event_time=instant(seen.get("event_time")),
        identity_range=_range_of(seen),
    )


def _diff(
    seen: dict[str, Any], judged: dict[str, Any], keys: DataFrame, key_range: KeyRange | None, outside: int
) -> SnapshotDiff:
    numbers = _numbers({k: v for k, v in judged.items() if k not in {"low", "high"}})
    foreign = int(seen.get("foreign") or 0)
    counts = RowCounts(
        read=int(seen["rows"]) + outside,
        inserted=numbers["I"],
        updated=numbers["U"],
        deleted=numbers["D"] + numbers["M"],
        returned=numbers["R"],
        unchanged=numbers["unchanged"] + outside,
        quarantined=int(seen["missing"]) + foreign + numbers["conflict_rows"],
        duplicates=numbers["duplicates"],
        foreign=foreign,
    )
    return SnapshotDiff(
        first=False,
        counts=counts,
        live=numbers["live"] + outside,
        source_keys=numbers["keys"] + outside,
        missing_identity=int(seen["missing"]),
        keys=keys,
        repeated_keys=numbers["repeated_keys"],
        conflicting_keys=numbers["conflict_keys"],
        key_range=key_range,
        max_event_time=instant(seen.get("event_time")),
        identity_range=_range_of(seen),
        moved=numbers["M"],
    )
