"""Run table tasks: in parallel, each isolated, under its lease, recorded in the ledger."""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from havenlake.config.objectives import objective_text
from havenlake.errors import HavenlakeError
from havenlake.records import LedgerEntry, RowCounts, RunRecord, Status, TablePlan, TableResult, Told
from havenlake.runner.failures import CONFLICT, error_info
from havenlake.runner.repair import run_lock, settle
from havenlake.runner.task import Telling
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.runtime.faults import fault_point
from havenlake.runtime.logs import LOGGER, log_context
from havenlake.runtime.storage import remove
from havenlake.tables.ledger import last_good

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from havenlake.names import TableName
    from havenlake.runner.environment import RunEnvironment
    from havenlake.runner.task import Prepared

    Prepare = Callable[[RunEnvironment, str], Prepared]

_log = logging.getLogger(f"{LOGGER}.runner")

FLUSH_ENTRIES = 20
FLUSH_SECONDS = 30.0
CONFLICT_PAUSES = (1.0, 5.0)
"""Seconds, at most, before a table is tried again whose commit another one forestalled; then its error is told."""
_FAILURES: tuple[type[Exception], ...] = (HavenlakeError, *ENGINE_ERRORS)


class Listener(Protocol):
    """Is told how a run goes; a terminal shows it, a notebook may ignore it."""

    def started(self, tables: Sequence[str]) -> None:
        """The run begins."""

    def table_started(self, table: str) -> None:
        """A table's turn has come."""

    def table_finished(self, result: TableResult) -> None:
        """A table ended, well or not."""

    def finished(self, record: RunRecord) -> None:
        """The run ended."""


@dataclass
class _Recorder:
    """Batches ledger events: one commit for many tables, but never long after the fact."""

    environment: RunEnvironment
    _beginning: Future[None] | None = None
    _pending: list[LedgerEntry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _flushed: float = field(default_factory=time.monotonic)

    def begin(self, entries: Sequence[LedgerEntry]) -> None:
        """Record that the run began, while the tables are looked at: only their writing has to wait for it."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._beginning = pool.submit(self._begin, entries)
        pool.shutdown(wait=False)

    def begun(self) -> None:
        """Wait until the ledger knows of the run; raises what kept it from that."""
        if self._beginning is not None:
            self._beginning.result()

    def _begin(self, entries: Sequence[LedgerEntry]) -> None:
        self.environment.ledger.append(entries)
        fault_point("ledger-started")

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        with self._lock:
            self._pending.extend(entries)
            if len(self._pending) >= FLUSH_ENTRIES or time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._flush()

    def close(self) -> None:
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        self.begun()
        self.environment.ledger.append(self._pending)
        self._pending, self._flushed = [], time.monotonic()


def execute(environment: RunEnvironment, prepare: Prepare, tables: Sequence[str], listener: Listener) -> RunRecord:
    """Run the tables and return what happened to each; one failing table never stops another."""
    with environment.leases.hold(run_lock(environment.context.run_id), environment.context.run_id):
        return _execute(environment, prepare, tables, listener)


def _execute(environment: RunEnvironment, prepare: Prepare, tables: Sequence[str], listener: Listener) -> RunRecord:
    started = environment.clock.now()
    history = environment.history
    recorder, telemetry = _Recorder(environment), environment.telemetry
    recorder.begin([_entry(environment, _running(environment, table)) for table in tables])
    listener.started(tables)

    def one(table: str) -> TableResult:
        listener.table_started(table)
        with log_context(run=environment.context.run_id, job=environment.context.job, table=table):
            result, settled = _isolated(environment, prepare, table, history, recorder.begun)
        fault_point("before-ledger")
        recorder.add([*settled, _entry(environment, result)])
        result = replace(result, digest="")  # for the next load, not for people
        telemetry.table_finished(result)
        listener.table_finished(result)
        return result

    try:
        with ThreadPoolExecutor(environment.job.parallel_tables, thread_name_prefix="table") as pool:
            results = tuple(pool.map(one, tables))
    finally:
        recorder.close()  # what the tables did is true whatever became of the run
        environment.clear_staging(environment.context)
    fault_point("ledger-finished")
    record = RunRecord(environment.context, started, environment.clock.now(), results)
    telemetry.finished(record)
    telemetry.close()
    listener.finished(record)
    return record


def plan(environment: RunEnvironment, prepare: Prepare, tables: Sequence[str], *, exact: bool) -> tuple[TablePlan, ...]:
    """What `execute` would do: the same steps without the last one."""

    def one(table: str) -> TablePlan:
        try:
            prepared = prepare(environment, table)
            found = prepared.measure(None).plan if exact else prepared.plan
            return replace(found, objective=_objective(environment, table))
        except Exception as error:  # noqa: BLE001  isolates one table, as in a run
            target = str(environment.target(table))
            return TablePlan(table, target, error=error_info(error)[1], objective=_objective(environment, table))

    with ThreadPoolExecutor(environment.job.parallel_tables, thread_name_prefix="table") as pool:
        return tuple(pool.map(one, tables))


def _objective(environment: RunEnvironment, table: str) -> str:
    """What is expected of a table that the run brings up to date."""
    asset = None if environment.context.is_upkeep else environment.assets.get(environment.target(table).table)
    return objective_text(asset.freshness, asset.owner, asset.severity) if asset else ""


def _running(environment: RunEnvironment, table: str) -> TableResult:
    target = environment.target(table)
    return TableResult(
        table=table,
        target=str(target),
        status=Status.RUNNING,
        started_at=environment.clock.now(),
        version_before=_known_version(environment, target),
        contract_fingerprint=environment.workspace.contract_fingerprint(environment.job, target.table),
    )


def _known_version(environment: RunEnvironment, target: TableName) -> int | None:
    """The version before the run: free to look up locally, else as the ledger remembers it."""
    if environment.storage.is_local:
        return environment.store.version(target)
    good = last_good(environment.history).get(str(target))
    return good.result.version_after if good else None


def _isolated(
    environment: RunEnvironment,
    prepare: Prepare,
    table: str,
    history: Sequence[LedgerEntry],
    begun: Callable[[], None],
) -> tuple[TableResult, tuple[LedgerEntry, ...]]:
    """One table's result and the events of dead attempts settled on the way; never raises."""
    running = _running(environment, table)
    target = environment.target(table)
    staging: str | None = None
    settled: tuple[LedgerEntry, ...] = ()
    try:
        staging = environment.staging(target)
        with environment.leases.hold(target, environment.context.run_id) as still_held:
            fault_point("lease-held")
            settled = settle(environment, target, history)
            own = [e.result for e in settled if e.context.run_id == environment.context.run_id and e.result.status.good]
            if own:
                return own[-1], settled[:-1] if settled[-1].result is own[-1] else settled
            running = replace(running, version_before=environment.store.version(target))

            checks = (begun, still_held)
            return _past_conflicts(lambda: _run_table(environment, prepare, table, running, staging, *checks)), settled
    except Exception as error:  # noqa: BLE001  one failing table must not stop the others
        status, info = error_info(error)
        _log.error("%s %s", info.code, info.message)  # no trace: an engine's error may quote a row
        schema = error.source_schema if isinstance(error, HavenlakeError) else ""
        failed = replace(running, status=status, error=info, finished_at=environment.clock.now(), schema=schema)
        return failed, settled
    finally:
        if staging:
            remove(staging, environment.dbutils)


def _past_conflicts(attempt: Callable[[], TableResult]) -> TableResult:
    """One table's result; from its first step again, a few times, when a writer without a lease was faster.

    A commit that came first may have changed rows that were found unchanged, so all is measured anew.
    """
    for pause in CONFLICT_PAUSES:
        try:
            return attempt()
        except _FAILURES as error:
            if error_info(error)[1].code != CONFLICT:
                raise
            _log.warning("another commit came first; once more in %.0f s at most", pause)
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  spreads attempts, guards nothing
    return attempt()


def _run_table(
    environment: RunEnvironment,
    prepare: Prepare,
    table: str,
    running: TableResult,
    staging: str | None,
    begun: Callable[[], None],
    still_held: Callable[[], None],
) -> TableResult:
    prepared = prepare(environment, table)
    measured = prepared.measure(staging)
    begun()  # whatever is done to the table from here on, the ledger knows of the run
    fault_point("measured")
    plan = measured.plan
    counts = plan.counts or RowCounts()
    if measured.changes or counts.quarantined:
        still_held()
        counts = measured.write()
        fault_point("written")
    told = measured.told if isinstance(measured, Telling) else Told()
    return replace(
        running,
        status=Status.SUCCEEDED if measured.changes else Status.UNCHANGED,
        mode=plan.mode,
        finished_at=environment.clock.now(),
        source=plan.source,
        source_position=plan.source_position,
        contract_fingerprint=prepared.contract,
        counts=counts,
        max_event_time=measured.max_event_time,
        version_after=environment.store.version(environment.target(table)),
        notes=(*plan.notes, *told.notes),
        schema=prepared.schema,
        canary_recall=told.canary_recall,
        digest=measured.digest,
    )


def _entry(environment: RunEnvironment, result: TableResult) -> LedgerEntry:
    return LedgerEntry(environment.clock.now(), environment.context, result)
