"""Upkeep: keeps bronze, silver and the instance's own tables fast and small, and lets deleted rows' content go.

One task per table, under the same lease as its loads. What is to be done is found before anything is done, so a plan
tells the truth; every step is a commit of its own and can be cut short and done again.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from havenlake.applications.feed_readers import readers_behind
from havenlake.config.base import duration_text
from havenlake.records import UPKEEP, Mode, RowCounts, TablePlan
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.runtime.faults import fault_point
from havenlake.tables import upkeep
from havenlake.tables.deliveries import deliveries_name
from havenlake.tables.lease import lease_name
from havenlake.tables.ledger import ledger_name
from havenlake.tables.quarantine import quarantine_name
from havenlake.tables.retention import PURGED, empty_payload, hides_moved, overdue, still_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.config.job_inputs import MaintainInput
    from havenlake.names import TableName
    from havenlake.runner import Measured, Prepared

PURGE_SHARE = 0.1
"""Deletion vectors are purged when they hide this part of a table's rows."""
_SHARED_HISTORY = timedelta(days=7)
"""Least history of tables that runs append to while others read them."""
_MEBIBYTE = 1 << 20


class Maintain(SparkApplication):
    """`app_name: maintain`."""

    layer: ClassVar[str] = UPKEEP

    def targets(self, workspace: WorkspaceConfig, job: Job) -> Mapping[str, TableName]:
        """The job's tables in each of its schemas, and the instance's own tables; a task has the table's full name."""
        operations = workspace.vars.catalogs.operations
        tables = [schema.table(t) for schema in _input(job).places_of_tables for t in job.tables]
        own = [name(operations) for name in (ledger_name, quarantine_name, lease_name, deliveries_name)]
        return {str(name): name for name in (*tables, *own)}

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at the table's files, its history and its readers, and say what is to be done."""
        target = environment.target(table)
        if not environment.store.exists(target):
            return _Task(environment, table, target, _Todo(), TablePlan(table, str(target), Mode.SKIP, notes=_ABSENT))
        found = _look(environment, target)
        plan = TablePlan(
            table=table,
            target=str(target),
            mode=Mode.UPKEEP if found.anything else Mode.SKIP,
            source_position=f"version {environment.store.version(target)}",
            notes=(*found.notes, *found.postponed),
        )
        return _Task(environment, table, target, found, plan)


_ABSENT = ("the table does not exist yet",)


@dataclass(frozen=True)
class _Todo:
    """What upkeep a table needs."""

    properties: tuple[tuple[str, str], ...] = ()
    compact: int = 0
    purge: bool = False
    hidden: bool = False
    """What is purged are contents that must not be read any more: it is recorded that none is left."""
    remove: int = 0
    emptied: int = 0
    retention: timedelta | None = None
    deleted_before: datetime | None = None
    keep: timedelta = timedelta()
    postponed: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.properties or self.compact or self.purge or self.remove or self.emptied)

    @property
    def notes(self) -> tuple[str, ...]:
        keep = duration_text(self.keep) if self.keep else "0"
        retention = duration_text(self.retention) if self.retention else ""
        said = {
            f"history kept for {keep}": self.properties,
            f"payload of {self.emptied} row(s) deleted more than {retention} ago set to NULL": self.emptied,
            "rows that deletion vectors hide purged": self.purge,
            f"{self.compact} small files compacted": self.compact,
            f"{self.remove} file(s) older than {keep} removed": self.remove,
        }
        return tuple(note for note, due in said.items() if due)


def _look(environment: RunEnvironment, target: TableName) -> _Todo:
    """Find out what a table needs; writes nothing."""
    job_input, store = _input(environment.job), environment.store
    files = upkeep.census(store, target, job_input.small_file_mb * _MEBIBYTE)
    properties = store.properties(target)
    keep = max(job_input.keep_history, _SHARED_HISTORY) if _is_shared(environment, target) else job_input.keep_history
    found = _Todo(
        properties=tuple(upkeep.history_properties(properties, keep).items()),
        compact=files.small if files.small >= job_input.compact_files else 0,
        purge=files.dead_share >= PURGE_SHARE,
        keep=keep,
    )
    return _with_vacuum(environment, target, _with_retention(environment, target, found, properties))


def _is_shared(environment: RunEnvironment, target: TableName) -> bool:
    """Whether runs append to the table while others read it: the instance's own tables."""
    return target.catalog == environment.workspace.vars.catalogs.operations


def _with_retention(
    environment: RunEnvironment, target: TableName, found: _Todo, properties: Mapping[str, str]
) -> _Todo:
    asset = environment.assets.get(target.table)
    if hides_moved(properties):
        found = replace(found, purge=True, hidden=True)
    if asset is None or asset.retention is None or _is_shared(environment, target):
        return found
    before = environment.clock.now() - asset.retention
    rows = overdue(environment.store, target, asset.identity, before)
    hidden = bool(rows) or still_hidden(environment.store.history(target), properties.get(PURGED))
    return replace(
        found,
        emptied=rows,
        retention=asset.retention,
        deleted_before=before,
        purge=found.purge or hidden,
        hidden=found.hidden or found.purge or hidden,
    )


def _with_vacuum(environment: RunEnvironment, target: TableName, found: _Todo) -> _Todo:
    """Vacuum unless a reader of the change feed is behind: a file of a version it has not read must stay."""
    removable = upkeep.removable(environment.store, target)
    behind = readers_behind(environment, target) if removable else ()
    if behind:
        return replace(found, postponed=tuple(f"vacuum postponed: {reader}" for reader in behind))
    return replace(found, remove=removable)


@dataclass(frozen=True)
class _Task:
    """One table's upkeep: `Prepared` and `Measured` in one, because looking is all there is to measure."""

    environment: RunEnvironment
    name: str
    target: TableName
    todo: _Todo
    plan: TablePlan
    schema: str = ""
    max_event_time: datetime | None = None
    digest: str = ""

    @property
    def contract(self) -> str:
        return self.environment.workspace.contract_fingerprint(self.environment.job, self.target.table)

    @property
    def changes(self) -> bool:
        return self.todo.anything

    def measure(self, staging: str | None) -> Measured:  # noqa: ARG002  nothing is staged
        return replace(self, plan=replace(self.plan, counts=RowCounts(updated=self.todo.emptied)))

    def write(self) -> RowCounts:
        for step in self._steps():
            with self._commit_lock():
                step()
            fault_point("upkeep-step")
        return RowCounts(updated=self.todo.emptied)

    def _steps(self) -> Iterator[Callable[[], None]]:
        store, target, todo = self.environment.store, self.target, self.todo
        if todo.properties:
            yield lambda: store.set_properties(target, dict(todo.properties))
        if todo.emptied and todo.deleted_before:
            identity, before = self.environment.assets[target.table].identity, todo.deleted_before
            yield lambda: empty_payload(store, target, identity, before)
        if todo.purge:
            yield lambda: upkeep.purge(store, target)
        if todo.purge and todo.hidden:
            yield lambda: store.set_properties(target, {PURGED: str(store.version(target))})
        if todo.compact:
            yield lambda: upkeep.compact(store, target)
        if todo.remove:
            yield lambda: upkeep.vacuum(store, target)

    def _commit_lock(self) -> AbstractContextManager[object]:
        """Tables that many runs append to have no lease but a lock for each commit."""
        if not _is_shared(self.environment, self.target):
            return nullcontext()
        return self.environment.commit_lock(self.target.table)


def _input(job: Job) -> MaintainInput:
    return cast("MaintainInput", job.job_input)  # the registry pairs application and model
