"""Who reads a table's change feed, and how far: what a vacuum must not outrun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.tables.ledger import last_good
from havenlake.tables.run_versions import BRONZE_VERSION, seen_version
from havenlake.tables.upkeep import carries_rows

if TYPE_CHECKING:
    from havenlake.names import TableName
    from havenlake.records import LedgerEntry
    from havenlake.runner import RunEnvironment


def readers_behind(environment: RunEnvironment, table: TableName) -> tuple[str, ...]:
    """The configured readers of a table's feed that have not read all of it, as `target has read version 3 of 7`.

    A reader is known by its last good attempt in the ledger. One that never had any needs no feed: it starts from
    the whole table.
    """
    version = environment.store.version(table)
    seen = {target: v for target, v in _positions(environment, table).items() if version is not None and v < version}
    if version is None or not seen:
        return ()
    recent = environment.store.history(table, limit=version - min(seen.values()))
    newest = max((c.version for c in recent if carries_rows(c)), default=-1)
    return tuple(f"{target} has read version {v} of {newest}" for target, v in sorted(seen.items()) if v < newest)


def _positions(environment: RunEnvironment, table: TableName) -> dict[str, int]:
    """By reader the newest version of the table that it has seen."""
    jobs = environment.workspace.jobs.values()
    configured = {str(job.job_output.name.table(name)) for job in jobs for name in job.tables}
    read = [e for e in _feeds(environment) if e.result.source == str(table) and e.result.target in configured]
    seen = {target: seen_version(e.result.source_position) for target, e in last_good(read).items()}
    return {target: version for target, version in seen.items() if version is not None}


def _feeds(environment: RunEnvironment) -> tuple[LedgerEntry, ...]:
    """Ledger events of all readers, read once per run."""
    wanted = F.col("source_position").startswith(BRONZE_VERSION)
    return environment.shared("feed readers", lambda: environment.ledger.entries(wanted))
