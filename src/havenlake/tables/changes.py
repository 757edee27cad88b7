"""Carry changes of one Delta table into another: bronze into silver, by change feed or by full compare.

The target holds one row per identity. A row is written again only when its `_row_hash` or the contract it
was written under (`_contract`) differs, so replaying a feed, or a rotation of keys, changes nothing. Where rows have a
context, those whose context changed are looked at again, and all rows of a conversation in which anything changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from havenlake.names import SCRUB, quoted
from havenlake.records import Mode, RowCounts
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.runtime.faults import fault_point
from havenlake.tables import keys as K
from havenlake.tables.context_rows import CONVERSATION, COUNTRY, LANGUAGE, ContextRows
from havenlake.tables.failures import condition
from havenlake.tables.merge import OP, KeyRange
from havenlake.tables.snapshot import BROADCAST_KEYS, merge_staged
from havenlake.tables.staging import materialise, observe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import Column

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore

    Transform = Callable[[DataFrame], DataFrame]

VERSION = "_commit_version"
_AGAIN = "W"
"""Operation of a row that is looked at again though it did not change itself."""
_RECORDED = {LANGUAGE: "language", COUNTRY: "country", CONVERSATION: "conversation"}
"""Where the target keeps what its rows' context said."""


@dataclass(frozen=True)
class ChangeDiff:
    """Which identities of the target must be written, and how they were found."""

    mode: Mode
    counts: RowCounts
    keys: DataFrame | None = None
    key_range: KeyRange | None = None
    notes: tuple[str, ...] = ()
    again: int = 0
    """Rows that are looked at again though they did not change themselves."""


@dataclass(frozen=True)
class ChangeLoad:
    """Changes of `source` up to `version` on their way into `target`.

    `since` is the source version the target has seen, None if unknown. `payload` turns source rows into target
    rows (decrypt and scrub, project, stamp) and keeps identity, `_row_hash` and `_contract`. `metrics` are
    aggregates over the source rows that are written. `context` says what else a row of the target depends on; rows
    that are equal in `same` afterwards are not written. Rows of the target for which `stale` holds differ always.
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
    context: ContextRows | None = None
    same: tuple[str, ...] = ()
    stale: Column | None = None

    def measure(self, mode: Mode, staging: str | None) -> ChangeDiff:
        """Find what must be written. An unreadable change feed falls back to a full compare, and says so."""
        path = f"{staging}/keys" if staging else None
        if mode in (Mode.FIRST_LOAD, Mode.REBUILD):
            live = self._live().count()
            return ChangeDiff(mode, RowCounts(read=live, inserted=live))
        if mode is Mode.FEED:
            try:
                return self.widened(self._compared(mode, self._feed_keys(), path), staging)
            except ENGINE_ERRORS as error:
                # vacuumed files, an expired log, a changed type: the feed is gone, the rows are not
                reason = condition(error)
            note = f"change feed since version {self.since} could not be read ({reason}): compared in full"
            diff = self._compared_in_full(path, staging)
            return replace(diff, notes=(note, *diff.notes))
        return self._compared_in_full(path, staging)

    def _compared_in_full(self, path: str | None, staging: str | None) -> ChangeDiff:
        # what the context says was compared too: nothing else can have moved
        return self.widened(self._compared(Mode.FULL_COMPARE, self._source_keys(), path), staging, moved=False)

    def widened(self, diff: ChangeDiff, staging: str | None, *, moved: bool = True) -> ChangeDiff:
        """The changes, and the rows that must be looked at again because of them or because their context `moved`."""
        context, keys = self.context, _staged_keys(diff)
        if context is None:
            return diff
        live = self._live().select(*K.columns(list(dict.fromkeys([*self.identity, *context.own_columns]))))
        shifted = context.moved(live) if moved else None
        if shifted is None and not (diff.counts.changed and context.by_conversation):
            return diff
        names = K.columns(self.identity)
        found = [] if shifted is None else [shifted.select(*names)]
        if context.by_conversation:
            found.append(self._of_conversations(reduce(DataFrame.union, [keys.select(*names), *found]), live))
        again = K.restricted(reduce(DataFrame.union, found).distinct(), keys, self.identity, "left_anti", few=False)
        more = again.select(*names, F.lit(None).cast("long").alias(VERSION), F.lit(_AGAIN).alias(OP))
        more, seen = observe(more, {"again": F.count(F.lit(1)), **K.whole_range(more, self.identity)})
        staged = materialise(more, f"{staging}/again" if staging else None)
        count = int(seen.get["again"] or 0)
        if not count:
            return diff
        note = f"{count:,} row(s) looked at again, because their conversation or its language or country changed"
        return replace(
            diff,
            keys=keys.unionByName(staged),
            key_range=K.wider(diff.key_range, K.key_range(staged, self.identity, seen.get)),
            notes=(*diff.notes, note),
            again=count,
        )

    def _of_conversations(self, ids: DataFrame, live: DataFrame) -> DataFrame:
        """Identities of all rows of the conversations to which these belong, or belonged in the target."""
        assert self.context is not None  # noqa: S101  # callers look
        names = K.columns(self.identity)
        now = self.context.joined(live).select(*names, CONVERSATION)
        then = self.store.read(self.target).select(*names, F.col(f"{SCRUB}.conversation").alias(CONVERSATION))
        both = [K.restricted(rows, ids, self.identity, "left_semi", few=False) for rows in (now, then)]
        touched = both[0].union(both[1]).select(CONVERSATION).where(F.col(CONVERSATION).isNotNull()).distinct()
        return now.join(touched, CONVERSATION, "left_semi").select(*names)

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
            same=self.same,
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
        if self.since == self.version:
            return self._keys_and_hashes(self.store.read(self.source, self.version)).limit(0)
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
        rows = self.store.read(self.source, self.version)
        if self.context is None:
            return self._keys_and_hashes(rows)
        read = [*self.identity, *self.context.own_columns, "_row_hash", "_deleted_at"]
        rows = self.context.joined(rows.select(*K.columns(list(dict.fromkeys(read)))))
        said = F.struct(*[F.col(name).alias(_RECORDED[name]) for name in self.context.columns]).alias("_c")
        return self._keys_and_hashes(rows, *([said] if self.context.columns else []))

    def _keys_and_hashes(self, rows: DataFrame, *others: Column) -> DataFrame:
        names = [c.alias(f"_k{i}") for i, c in enumerate(K.columns(self.identity))]
        gone = F.col("_deleted_at").isNotNull().alias("_g")
        version = F.lit(self.version).cast("long").alias(VERSION)
        return rows.select(*names, F.col("_row_hash").alias("_h"), gone, version, *others)

    def _compared(self, mode: Mode, source: DataFrame, path: str | None) -> ChangeDiff:
        names = [c.alias(f"_t{i}") for i, c in enumerate(K.columns(self.identity))]
        current = F.col("_contract") == F.lit(self.contract)
        if self.stale is not None:
            current &= ~self.stale
        recorded = [F.struct(*[F.col(f"{SCRUB}.{f}") for f in _said(source)]).alias("_tc")] if _said(source) else []
        target = self._counterparts(mode, source).select(
            *names, F.when(current, F.col("_row_hash")).alias("_t"), F.lit(1).alias("_hit"), *recorded
        )
        same = F.col("_h").eqNullSafe(F.col("_t"))
        if recorded:
            same &= F.col("_c").eqNullSafe(F.col("_tc"))
        how = "left" if mode is Mode.FEED else "full_outer"
        both = source.join(target, K.equal([f"_k{i}" for i in range(len(self.identity))], "_t"), how)
        there, gone = F.col("_hit").isNotNull(), F.coalesce("_g", F.expr("true"))
        op = F.when(gone & there, "D").when(gone, None).when(~there, "I").when(~same, "U")
        keys = both.select(
            *[F.coalesce(f"_k{i}", f"_t{i}").alias(c) for i, c in enumerate(self.identity)], VERSION, op.alias(OP)
        )
        metrics = {"rows": F.count(F.col(VERSION)), **{name: F.count_if(F.col(OP) == name) for name in "IUD"}}
        observed, seen = observe(keys, {**metrics, **K.changed_range(keys, self.identity)})
        staged = materialise(observed.where(f"{OP} IS NOT NULL"), path)
        if path is None:  # computed again by whoever reads it, and counted once
            staged = keys.where(f"{OP} IS NOT NULL")
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
        keys = _staged_keys(diff).where(f"{OP} IN ('I', 'U', '{_AGAIN}')")
        few = diff.counts.inserted + diff.counts.updated + diff.again <= BROADCAST_KEYS
        if diff.mode is Mode.FEED and not diff.again:
            posts = self._feed().where("_change_type <> 'delete'")
            rows = K.restricted(posts, keys, (*self.identity, VERSION), "left_semi", few=few)
            return rows.drop("_change_type", VERSION, "_commit_timestamp")
        return K.restricted(self._live(), keys, self.identity, "left_semi", few=few)

    def _with_deletions(self, upserts: DataFrame, diff: ChangeDiff) -> DataFrame:
        if not diff.counts.deleted:
            return upserts
        vanished = _staged_keys(diff).where(f"{OP} = 'D'").select(*K.columns(self.identity), OP)
        return upserts.unionByName(vanished, allowMissingColumns=True)


def _said(source: DataFrame) -> list[str]:
    """What of the context is compared."""
    kind = source.schema["_c"].dataType if "_c" in source.columns else None
    return kind.fieldNames() if isinstance(kind, StructType) else []


def _staged_keys(diff: ChangeDiff) -> DataFrame:
    if diff.keys is None:
        raise TypeError("the comparison staged no keys")
    return diff.keys
