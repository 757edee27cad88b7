"""Payload retention: soft-deleted rows lose their content when their time is over, and stay known by identity.

Identity, hashes and framework columns stay, so the row is neither taken for changed nor for new, and a row that
returns is loaded anew like any other.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from havenlake.names import FRAMEWORK_COLUMNS, quoted

PURGED = "havenlake.purged"
"""Table property: the version up to which no file hides the content of an emptied row."""
MOVED = "havenlake.moved"
"""Table property: the version after which rows were emptied last because they moved to another country."""

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from havenlake.names import TableName
    from havenlake.tables.store import Commit, DeltaStore


def overdue(store: DeltaStore, name: TableName, identity: Sequence[str], before: datetime) -> int:
    """Rows deleted before a time that still hold a payload."""
    payload = payload_columns(store, name, identity)
    return store.read(name).where(_condition(payload, before)).count() if payload else 0


def empty_payload(store: DeltaStore, name: TableName, identity: Sequence[str], before: datetime) -> None:
    """Set their payload to NULL, in one commit."""
    store.before_write(name)
    payload = payload_columns(store, name, identity)
    emptied = ", ".join(f"{quoted(c)} = NULL" for c in payload)
    store.execute(f"UPDATE {store.ref(name)} SET {emptied} WHERE {_condition(payload, before)}")


def payload_columns(store: DeltaStore, name: TableName, identity: Sequence[str]) -> tuple[str, ...]:
    """All columns but identity and the framework's; none where rows are not soft-deleted."""
    columns = store.read(name).columns
    if "_deleted_at" not in columns:
        return ()
    return tuple(c for c in columns if c not in {*identity, *FRAMEWORK_COLUMNS})


def still_hidden(history: Sequence[Commit], purged: str | None) -> bool:
    """Whether emptied payloads may still lie in a file, behind a deletion vector.

    Both the soft delete and the emptying hide an older row instead of writing its file anew. `purged` is the table's
    property `PURGED`: the version up to which no file hides anything.
    """
    done = int(purged) if purged and purged.isdigit() else -1
    return any(c.operation == "UPDATE" and c.version > done for c in history)


def hides_moved(properties: Mapping[str, str]) -> bool:
    """Whether the content of rows that moved may still lie in a file, behind a deletion vector."""
    moved, purged = properties.get(MOVED, ""), properties.get(PURGED, "")
    return moved.isdigit() and (not purged.isdigit() or int(moved) >= int(purged))


def _condition(payload: Sequence[str], before: datetime) -> str:
    since = before.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    filled = " OR ".join(f"{quoted(c)} IS NOT NULL" for c in payload)
    return f"_deleted_at < timestamp_micros({micros}) AND ({filled})"
