"""Delta tables: snapshots and changes merged into them, the ledger, leases and quarantine."""

from havenlake.tables.changes import ChangeDiff, ChangeLoad
from havenlake.tables.ledger import Ledger, last_good, latest, ledger_name
from havenlake.tables.snapshot import SnapshotDiff, SnapshotLoad, merge_staged, shrink_guard
from havenlake.tables.store import DeltaStore

__all__ = [
    "ChangeDiff",
    "ChangeLoad",
    "DeltaStore",
    "Ledger",
    "SnapshotDiff",
    "SnapshotLoad",
    "last_good",
    "latest",
    "ledger_name",
    "merge_staged",
    "shrink_guard",
]
