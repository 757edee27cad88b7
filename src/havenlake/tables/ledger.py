"""The ledger: an append-only Delta table of what happened to each table in each run. Format 1.

One append for all tables when a run starts, batched appends after. The latest state is a view over the
events, never an update. Nothing in it comes from a row of data.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.records import LEDGER_FORMAT, ErrorInfo, LedgerEntry, Mode, RowCounts, RunContext, Status, TableResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from pyspark.sql import Column

    from havenlake.tables.store import DeltaStore

_TIME = pa.timestamp("us", tz="UTC")
_CONTEXT = tuple(f.name for f in fields(RunContext))
_COUNTS = tuple(f.name for f in fields(RowCounts))
LEDGER_SCHEMA = pa.schema(
    [
        ("ledger_format", pa.int32()),
        ("recorded_at", _TIME),
        *[(name, pa.int32() if name == "attempt" else pa.string()) for name in _CONTEXT],
        ("table", pa.string()),
        ("target", pa.string()),
        ("status", pa.string()),
        ("mode", pa.string()),
        ("started_at", _TIME),
        ("finished_at", _TIME),
        ("source", pa.string()),
        ("source_position", pa.string()),
        ("contract_fingerprint", pa.string()),
        *[(f"rows_{name}", pa.int64()) for name in _COUNTS],
        ("max_event_time", _TIME),
        ("version_before", pa.int64()),
        ("version_after", pa.int64()),
        ("error_code", pa.string()),
        ("error_message", pa.string()),
        ("error_hint", pa.string()),
        ("error_fingerprint", pa.string()),
        ("notes", pa.list_(pa.string())),
        ("schema", pa.string()),
        ("digest", pa.string()),
        ("canary_recall", pa.float64()),
    ]
)
_BY_DIGEST = frozenset({Mode.DIGEST, Mode.RANGE})
_READ = tuple(name for name in LEDGER_SCHEMA.names if name != "digest")


def ledger_name(operations_catalog: str) -> TableName:
    """Where an instance keeps its ledger."""
    return TableName(operations_catalog, "havenlake", "ledger")


class Ledger:
    """Reads and appends ledger events. `lock` guards an append where the file system cannot."""

    def __init__(
        self, store: DeltaStore, name: TableName, lock: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        self.store = store
        self.name = name
        self._lock = lock

    def append(self, entries: Iterable[LedgerEntry]) -> None:
        """Append events in one commit; without events nothing happens."""
        rows = [_to_row(e) for e in entries]
        if not rows:
            return
        frame = self.store.spark.createDataFrame(pa.Table.from_pylist(rows, schema=LEDGER_SCHEMA))
        with self._lock():
            self.store.append(self.name, frame.coalesce(1))

    def entries(self, where: Column | None = None, *, beginnings: bool = True) -> tuple[LedgerEntry, ...]:
        """Events in the order they were recorded; without `beginnings` of attempts whose end is among them."""
        if not self.store.exists(self.name):
            return ()
        frame = self.store.read(self.name)
        known = set(frame.columns)  # an older release wrote fewer
        frame = frame.select(*(name if name in known else F.lit(None).alias(name) for name in _READ))
        found = (frame.where(where) if where is not None else frame).toArrow()
        if (pc.max(found["ledger_format"]).as_py() or 0) > LEDGER_FORMAT:
            raise HavenlakeError(
                "HL-TBL-006", "the ledger was written by a newer release", hint="upgrade havenlake here"
            )
        found = found if beginnings else _ends(found)
        shown = pa.schema([LEDGER_SCHEMA.field(name) for name in _READ])
        rows = found.cast(shown).to_pylist()  # times in UTC, whatever the session's
        return tuple(sorted(map(_to_entry, rows), key=_order))

    def of_targets(self, targets: Sequence[TableName]) -> tuple[LedgerEntry, ...]:
        """Events of these targets only."""
        return self.entries(_any_of(targets))

    def recent(self, targets: Sequence[TableName], since: datetime) -> tuple[LedgerEntry, ...]:
        """What a load must know of its targets: their events since then, without beginnings that have an end.

        A target of which these events do not tell enough has all of its events read. So what a run reads does not
        grow with the years: files of older events are not opened.
        """
        found = self.entries(_any_of(targets) & (F.col("recorded_at") >= F.lit(since)), beginnings=False)
        told: dict[str, list[LedgerEntry]] = {}
        for entry in found:
            told.setdefault(entry.result.target, []).append(entry)
        short = [t for t in targets if not _tell_enough(told.get(str(t), ()))]
        if not short:
            return found
        names = {str(t) for t in short}
        more = self.entries(_any_of(short), beginnings=False)
        return tuple(sorted((*(e for e in found if e.result.target not in names), *more), key=_order))

    def digests(self, versions: Mapping[str, int]) -> dict[str, str]:
        """By target the newest snapshot digest that belongs to the given version of it."""
        frame = self.store.read(self.name) if versions and self.store.exists(self.name) else None
        if frame is None or "digest" not in frame.columns:  # written before there were digests
            return {}
        wanted = reduce(or_, [(F.col("target") == t) & (F.col("version_after") == v) for t, v in versions.items()])
        rows = frame.where(wanted & F.col("digest").isNotNull()).select("recorded_at", "target", "digest").collect()
        return {target: digest for _, target, digest in sorted(rows)}

    def of_run(self, run_id: str) -> tuple[LedgerEntry, ...]:
        """Events of one run, all attempts."""
        return self.entries(F.col("run_id") == run_id)


def _any_of(targets: Sequence[TableName]) -> Column:
    return F.col("target").isin([str(t) for t in targets])


def _order(entry: LedgerEntry) -> tuple[datetime, int, bool]:
    return entry.recorded_at, entry.context.attempt, entry.result.status is not Status.RUNNING


def _ends(found: pa.Table) -> pa.Table:
    """Rows without the beginnings of attempts that have an end."""
    attempt = found["attempt"].cast(pa.string())
    names = pc.binary_join_element_wise(found["target"], found["run_id"], attempt, "\0")
    begins = pc.equal(found["status"], Status.RUNNING.value)
    ended = pc.is_in(names, value_set=names.filter(pc.invert(begins)).combine_chunks())
    return found.filter(pc.invert(pc.and_(begins, ended)))


def _tell_enough(events: Iterable[LedgerEntry]) -> bool:
    """Whether a target's last events name its last load, and since when it was not compared in full."""
    modes = {e.result.mode for e in events if e.result.status.good and not e.context.is_upkeep}
    return bool(modes - _BY_DIGEST - {Mode.SKIP}) or modes == {Mode.SKIP}


def latest(entries: Iterable[LedgerEntry]) -> dict[tuple[str, str], LedgerEntry]:
    """The last event of each (run id, target): the state a run left a table in."""
    return {(e.context.run_id, e.result.target): e for e in entries}


def last_good(entries: Iterable[LedgerEntry]) -> dict[str, LedgerEntry]:
    """The last successful attempt of each target, changed or not."""
    return {e.result.target: e for e in entries if e.result.status.good}


def _to_row(entry: LedgerEntry) -> dict[str, Any]:
    context, result = entry.context, entry.result
    error = result.error or ErrorInfo("", "")
    return {
        "ledger_format": LEDGER_FORMAT,
        "recorded_at": entry.recorded_at,
        **{name: getattr(context, name) for name in _CONTEXT},
        **{name: getattr(result, name) for name in _PLAIN},
        "mode": result.mode.value if result.mode else None,
        "status": result.status.value,
        **{f"rows_{name}": getattr(result.counts, name) for name in _COUNTS},
        "notes": list(result.notes),
        "error_code": error.code or None,
        "error_message": error.message or None,
        "error_hint": error.hint,
        "error_fingerprint": error.fingerprint or None,
        "digest": result.digest or None,
    }


_PLAIN = (
    "table",
    "target",
    "started_at",
    "finished_at",
    "source",
    "source_position",
    "contract_fingerprint",
    "max_event_time",
    "version_before",
    "version_after",
    "schema",
    "canary_recall",
)


def _to_entry(row: dict[str, Any]) -> LedgerEntry:
    error = None
    if row["error_code"]:
        error = ErrorInfo(
            row["error_code"], row["error_message"] or "", row["error_hint"], row["error_fingerprint"] or ""
        )
    result = TableResult(
        **{name: row[name] for name in _PLAIN},
        status=Status(row["status"]),
        mode=Mode(row["mode"]) if row["mode"] else None,
        counts=RowCounts(**{name: row[f"rows_{name}"] or 0 for name in _COUNTS}),
        notes=tuple(row["notes"] or ()),
        error=error,
    )
    return LedgerEntry(row["recorded_at"], RunContext(**{name: row[name] for name in _CONTEXT}), result)
