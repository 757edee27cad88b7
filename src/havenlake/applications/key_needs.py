"""What the tables of a workspace still need of its keyring: rows by key, and whether a key may be retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from havenlake.config.job_inputs import ToSilverInput
from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.records import Status
from havenlake.runner.repair import run_lock
from havenlake.tables.key_usage import KeyNeed, key_need, rows_by_key
from havenlake.tables.ledger import last_good, latest
from havenlake.tables.run_versions import seen_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from havenlake.config import WorkspaceConfig
    from havenlake.records import LedgerEntry
    from havenlake.tables.lease import Leases
    from havenlake.tables.store import DeltaStore

_SHOWN = 20


def key_rows(
    workspace: WorkspaceConfig, store: DeltaStore, entries: Iterable[LedgerEntry]
) -> dict[str, dict[str, int]]:
    """Rows by key id of every table that holds ciphertext; one query for each table, over headers only."""
    found = {str(table): rows_by_key(store, table) for table in _tables(workspace, store, entries)}
    return {table: rows for table, rows in found.items() if rows}


def key_needs(
    workspace: WorkspaceConfig, store: DeltaStore, entries: Sequence[LedgerEntry], key_id: str
) -> tuple[KeyNeed, ...]:
    """The tables that still need a key: live rows, changes that silver has not read, versions that can still be read.

    Looks at every table of the workspace's jobs and at every other one that its ledger knows.
    """
    seen = _seen(workspace, entries)
    needs = (key_need(store, t, key_id, seen.get(str(t))) for t in _tables(workspace, store, entries))
    return tuple(need for need in needs if need)


def check_unneeded(workspace: str, key_id: str, needs: Sequence[KeyNeed]) -> None:
    """Refuse to retire a key that something needs (HL-KEY-009), saying what to type."""
    if not needs:
        return
    purge = "older versions go by REORG TABLE … APPLY (PURGE) and VACUUM once the tables' retention is over"
    hints = {
        f"bring live rows under the active key: havenlake keys rewrite -w {workspace}": any(n.live for n in needs),
        f"let silver read on: havenlake run -w {workspace}": any(n.unread for n in needs),
        purge: any(n.retained for n in needs),
    }
    more = f"; and {len(needs) - _SHOWN} more" if len(needs) > _SHOWN else ""
    raise HavenlakeError(
        "HL-KEY-009",
        f"key {key_id} is needed by rows of {len(needs)} table(s): {'; '.join(map(str, needs[:_SHOWN]))}{more}",
        hint=". ".join(hint for hint, wanted in hints.items() if wanted),
    )


def check_quiet(entries: Iterable[LedgerEntry], leases: Leases, key_id: str) -> None:
    """Refuse while a run is going on (HL-KEY-009): it may have opened the keyring when the key was still active."""
    running = {e.context.run_id for e in latest(entries).values() if e.result.status is Status.RUNNING}
    alive = sorted(run for run in running if not leases.is_free(run_lock(run)))
    if alive:
        raise HavenlakeError(
            "HL-KEY-009",
            f"run {alive[0]} is going on and may still write under key {key_id}",
            hint="wait until it has ended, then try again",
        )


def _tables(workspace: WorkspaceConfig, store: DeltaStore, entries: Iterable[LedgerEntry]) -> tuple[TableName, ...]:
    """Every existing table that a job of the workspace writes, or that the ledger says one wrote."""
    declared = (job.job_output.name.table(table) for job in workspace.jobs.values() for table in job.tables)
    written = (TableName.parse(e.result.target) for e in entries)
    return tuple(sorted((t for t in {*declared, *written} if store.exists(t)), key=str))


def _seen(workspace: WorkspaceConfig, entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """The version of each bronze table that all its silver readers have seen."""
    good = last_good(e for e in entries if not e.context.is_upkeep)
    seen: dict[str, int] = {}
    for job in workspace.jobs.values():
        if not isinstance(job.job_input, ToSilverInput):
            continue
        for table in job.tables:
            entry = good.get(str(job.job_output.name.table(table)))
            version = seen_version(entry.result.source_position) if entry else None
            if version is not None:
                bronze = str(job.job_input.bronze.table(table))
                seen[bronze] = min(version, seen.get(bronze, version))
    return seen
