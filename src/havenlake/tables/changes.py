"""Carry changes of one Delta table into another: bronze into silver, by change feed or by full compare.

The target holds one row per identity. A row is written again only when its `_row_hash` or the contract it
was written under (`_contract`) differs, so replaying a feed, or a rotation of keys, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from havenlake.names import quoted
from havenlake.records import Mode, RowCounts
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.runtime.faults import fault_point
from havenlake.tables import keys as K
from havenlake.tables.failures import condition
from havenlake.tables.merge import OP, KeyRange
from havenlake.tables.snapshot import BROADCAST_KEYS, merge_staged
from havenlake.tables.staging import materialise, observe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import Column, DataFrame

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

    Transform = Callable[[DataFrame], DataFrame]

VERSION = "_commit_version"


@dataclass(frozen=True)
class ChangeDiff:
    """Which identities of the target must be written, and how they were found."""

    mode: Mode
    counts: RowCounts
    keys: DataFrame | None = None
    key_range: KeyRange | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangeLoad:
    """Changes of `source` up to `version` on their way into `target`.

    `since` is the source version the target has seen, None if unknown. `payload` turns source rows into target
    rows (decrypt and scrub, project, stamp) and keeps identity, `_row_hash` and `_contract`. `metrics` are
    aggregates over the source rows that are written.
    """

    store: DeltaStore
    source: TableName
    target: TableName
    identity: tuple[str, ...]
    contract: str
    payload: Transform
    version: int
    since: int | None
    metrics: Mapping[str, Column]
    comment: str | None = None
    """The table's own comment, for the commit that creates it."""

    def measure(self, mode: Mode, staging: str | None) -> ChangeDiff:
        """Find what must be written. An unreadable change feed falls back to a full compare, and says so."""
        path = f"{staging}/keys" if staging else None
        if mode in (Mode.FIRST_LOAD, Mode.REBUILD):
            live = self._live().count()
            return ChangeDiff(mode, RowCounts(read=live, inserted=live))
        if mode is Mode.FEED:
            try:
                return self._compared(mode, self._feed_keys(), path)
            except ENGINE_ERRORS as error:
                # vacuumed files, an expired log, a changed type: the feed is gone, the rows are not
                reason = condition(error)
            return replace(
                self._compared(Mode.FULL_COMPARE, self._source_keys(), path),
                notes=(f"change feed since version {self.since} could not be read ({reason}): compared in full",),
            )
        return self._compared(Mode.FULL_COMPARE, self._source_keys(), path)

    def write(self, diff: ChangeDiff, staging: str) -> dict[str, Any]:
        """Write the target in one commit and return the observed metrics."""
        if diff.mode is Mode.FIRST_LOAD or diff.mode is Mode.REBUILD:
            rows, seen = observe(self._live(), self._metrics)
            payload, statistics = rows.transform(self.payload), ("_loaded_at", "_run_id")
            if diff.mode is Mode.FIRST_LOAD:
                self.store.create(self.target, payload, self.identity, statistics, self.comment)
            else:
                self.store.replace(self.target, payload, self.identity, statistics)
            return dict(seen.get)
        rows, seen = observe(self._changed(diff), self._metrics)
        upserts = rows.transform(self.payload).withColumn(OP, F.lit("U"))
        staged = materialise(self._with_deletions(upserts, diff), f"{staging}/rows")
        fault_point("rows-staged")
        merge_staged(
            self.store,
            self.target,
            staged,
            identity=self.identity,
            on_delete="delete",
            key_range=diff.key_range,
        )
        return dict(seen.get)

    @property
    def _metrics(self) -> dict[str, Column]:
        return {"rows": F.count(F.lit(1)), **self.metrics}

    def _live(self) -> DataFrame:
        return self.store.read(self.source, self.version).where("_deleted_at IS NULL")

    def _feed(self) -> DataFrame:
        since = -1 if self.since is None else self.since
        feed = self.store.changes(self.source, since + 1, self.version)
        return feed.where("_change_type IN ('insert', 'update_postimage', 'delete')")

    def _feed_keys(self) -> DataFrame:
        """The last change of each identity in the feed."""
        gone = (F.col("_change_type") == "delete") | F.col("_deleted_at").isNotNull()
        order = F.struct(F.col(VERSION), F.col("_change_type") != "delete")
        last = F.max_by(F.struct(F.col("_row_hash").alias("h"), gone.alias("g"), F.col(VERSION).alias("v")), order)
        names = [c.alias(f"_k{i}") for i, c in enumerate(K.columns(self.identity))]
        latest = self._feed().select(*names, "_row_hash", "_deleted_at", "_change_type", VERSION)
        grouped = latest.groupBy(*[f"_k{i}" for i in range(len(self.identity))]).agg(last.alias("_last"))
        keep = [F.col(f"_k{i}") for i in range(len(self.identity))]
        return grouped.select(
            *keep, F.col("_last.h").alias("_h"), F.col("_last.g").alias("_g"), F.col("_last.v").alias(VERSION)
        )

    def _source_keys(self) -> DataFrame:
        names = [c.alias(f"_k{i}") for i, c in enumerate(K.columns(self.identity))]
        rows = self.store.read(self.source, self.version)
        gone = F.col("_deleted_at").isNotNull().alias("_g")
        return rows.select(
            *names, F.col("_row_hash").alias("_h"), gone, F.lit(self.version).cast("long").alias(VERSION)
        )

    def _compared(self, mode: Mode, source: DataFrame, path: str | None) -> ChangeDiff:
        names = [c.alias(f"_t{i}") for i, c in enumerate(K.columns(self.identity))]
        current = F.col("_contract") == F.lit(self.contract)
        target = self._counterparts(mode, source).select(
            *names, F.when(current, F.col("_row_hash")).alias("_t"), F.lit(1).alias("_hit")
        )
        how = "left" if mode is Mode.FEED else "full_outer"
        both = source.join(target, K.equal([f"_k{i}" for i in range(len(self.identity))], "_t"), how)
        there, gone = F.col("_hit").isNotNull(), F.coalesce("_g", F.expr("true"))
        op = (
            F.when(gone & there, "D").when(gone, None).when(~there, "I").when(~F.col("_h").eqNullSafe(F.col("_t")), "U")
        )
        keys = both.select(
            *[F.coalesce(f"_k{i}", f"_t{i}").alias(c) for i, c in enumerate(self.identity)], VERSION, op.alias(OP)
        )
        metrics = {"rows": F.count(F.col(VERSION)), **{name: F.count_if(F.col(OP) == name) for name in "IUD"}}
        keys, seen = observe(keys, {**metrics, **K.changed_range(keys, self.identity)})
        staged = materialise(keys.where(f"{OP} IS NOT NULL"), path)
        n = {name: int(seen.get[name] or 0) for name in metrics}
        counts = RowCounts(
            read=n["rows"],
            inserted=n["I"],
            updated=n["U"],
            deleted=n["D"],
            unchanged=max(0, n["rows"] - n["I"] - n["U"] - n["D"]),
        )
        return ChangeDiff(mode, counts, staged, K.key_range(staged, self.identity, seen.get))

    def _counterparts(self, mode: Mode, source: DataFrame) -> DataFrame:
        """Rows of the target that a change may concern: a feed's keys often lie together."""
        rows = self.store.read(self.target)
        column = K.range_column(rows, self.identity)
        if mode is not Mode.FEED or column is None:
            return rows
        low, high = source.agg(F.min("_k0"), F.max("_k0")).collect()[0]
        return rows.where(F.col(quoted(column)).between(low, high)) if low is not None else rows.limit(0)

    def _changed(self, diff: ChangeDiff) -> DataFrame:
        keys = _staged_keys(diff).where(f"{OP} IN ('I', 'U')")
        few = diff.counts.inserted + diff.counts.updated <= BROADCAST_KEYS
        if diff.mode is Mode.FEED:
            posts = self._feed().where("_change_type <> 'delete'")
            rows = K.restricted(posts, keys, (*self.identity, VERSION), "left_semi", few=few)
            return rows.drop("_change_type", VERSION, "_commit_timestamp")
        return K.restricted(self._live(), keys, self.identity, "left_semi", few=few)

    def _with_deletions(self, upserts: DataFrame, diff: ChangeDiff) -> DataFrame:
        if not diff.counts.deleted:
            return upserts
        vanished = _staged_keys(diff).where(f"{OP} = 'D'").select(*K.columns(self.identity), OP)
        return upserts.unionByName(vanished, allowMissingColumns=True)


def _staged_keys(diff: ChangeDiff) -> DataFrame:
    if diff.keys is None:
        raise TypeError("the comparison staged no keys")
    return diff.keys
