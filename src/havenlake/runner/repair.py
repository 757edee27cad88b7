"""Settle what a dead run left behind: its data may have landed although the ledger never heard of it.

Called under the table's lease, so nobody else writes the table meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.records import LedgerEntry, Mode, Status
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
    dead = frozenset(e.context.run_id for e in _open_ended(environment, target, entries) if _is_over(environment, e))
    if not dead:
        return ()
    # read anew, after looking who lives: a run that was going on when this one began may have ended well since
    told = environment.ledger.of_targets([target])
    known = frozenset(e.result.version_after for e in told if e.result.status.good)
    left = [e for e in _open_ended(environment, target, told) if e.context.run_id in dead]
    return tuple(_settled(environment, target, e, known) for e in left)


def _open_ended(environment: RunEnvironment, target: TableName, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """The last events of attempts, this one left out, that say `running`."""
    own = (environment.context.run_id, environment.context.attempt)
    others = [e for e in entries if e.result.target == str(target) and (e.context.run_id, e.context.attempt) != own]
    return [e for e in latest(others).values() if e.result.status is Status.RUNNING]


def _is_over(environment: RunEnvironment, entry: LedgerEntry) -> bool:
    run_id = entry.context.run_id
    return run_id == environment.context.run_id or environment.leases.is_free(run_lock(run_id))


def _settled(
    environment: RunEnvironment, target: TableName, entry: LedgerEntry, known: frozenset[int | None]
) -> LedgerEntry:
    environment.clear_staging(entry.context)
    version = _landed(environment, target, entry, known)
    result = replace(
        entry.result,
        status=Status.ABANDONED if version is None else Status.SUCCEEDED,
        mode=None if version is None else Mode.REPAIR,
        finished_at=environment.clock.now(),
        version_after=version,
        notes=(_unfinished(entry),)
        if version is None
        else ("the run died after its commit; recorded from the table's history",),
    )
    return LedgerEntry(environment.clock.now(), entry.context, result)


def _unfinished(entry: LedgerEntry) -> str:
    if entry.context.is_upkeep:  # many commits, none of which brings rows: the next run goes on where it stopped
        return "the run died on its way; what it had committed stays and is not done again"
    return "the run died before its commit"


def _landed(
    environment: RunEnvironment, target: TableName, entry: LedgerEntry, known: frozenset[int | None]
) -> int | None:
    """The version of a commit above the version before that no run has told of and that is the dead run's.

    Upkeep leaves no row of its run: what it has not finished, the next one finds by itself.
    """
    if entry.context.is_upkeep or not environment.store.exists(target):
        return None
    before = -1 if entry.result.version_before is None else entry.result.version_before
    history = environment.store.history(target)
    above = [c for c in history if c.version > before and c.wrote_rows and c.version not in known]
    if not above:
        return None
    rows = environment.store.read(target)
    if "_run_id" in rows.columns and not rows.where(F.col("_run_id") == entry.context.run_id).limit(1).count():
        above = [c for c in above if c.only_deleted]  # leaves no row of its run; a run settles others before it writes
    return max((c.version for c in above), default=None)
