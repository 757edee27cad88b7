"""Settle what a dead run left behind: its data may have landed although the ledger never heard of it.

Called under the table's lease, so nobody else writes the table meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.records import LedgerEntry, Mode, Status
from havenlake.runtime.storage import remove
from havenlake.tables.ledger import latest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from havenlake.names import TableName
    from havenlake.runner.environment import RunEnvironment


def run_lock(run_id: str) -> str:
    """The name a living run holds."""
    return f"run-{run_id}"


def settle(environment: RunEnvironment, target: TableName, entries: Sequence[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """New ledger events for attempts on `target` that ended without a word.

    A commit that carries the run's rows makes the attempt a success by repair, otherwise it is abandoned.
    """
    own = (environment.context.run_id, environment.context.attempt)
    open_ended = [
        e
        for e in latest(e for e in entries if e.result.target == str(target)).values()
        if e.result.status is Status.RUNNING
        and (e.context.run_id, e.context.attempt) != own
        and (e.context.run_id == own[0] or environment.leases.is_free(run_lock(e.context.run_id)))
    ]
    known = frozenset(
        e.result.version_after for e in entries if e.result.target == str(target) and e.result.status.good
    )
    return tuple(_settled(environment, target, e, known) for e in open_ended)


def _settled(
    environment: RunEnvironment, target: TableName, entry: LedgerEntry, known: frozenset[int | None]
) -> LedgerEntry:
    staging = environment.storage.staging(f"{entry.context.run_id}-{entry.context.attempt}", target)
    if staging:
        remove(staging, environment.dbutils)
    version = _landed(environment, target, entry, known)
    result = replace(
        entry.result,
        status=Status.ABANDONED if version is None else Status.SUCCEEDED,
        mode=None if version is None else Mode.REPAIR,
        finished_at=environment.clock.now(),
        version_after=version,
        notes=("the run died before its commit",)
        if version is None
        else ("the run died after its commit; recorded from the table's history",),
    )
    return LedgerEntry(environment.clock.now(), entry.context, result)


def _landed(
    environment: RunEnvironment, target: TableName, entry: LedgerEntry, known: frozenset[int | None]
) -> int | None:
    """The version of a commit with rows that stands above the version before and belongs to no other run."""
    if not environment.store.exists(target):
        return None
    before = -1 if entry.result.version_before is None else entry.result.version_before
    above = [c.version for c in environment.store.history(target) if c.version > before and c.wrote_rows]
    unexplained = [v for v in above if v not in known]
    if not unexplained:
        return None
    rows = environment.store.read(target).where(F.col("_run_id") == entry.context.run_id)
    # a commit of deletions alone may leave no row of the run; under the lease nobody else can have made it
    return max(unexplained) if entry.result.version_before is not None or rows.limit(1).count() else None
