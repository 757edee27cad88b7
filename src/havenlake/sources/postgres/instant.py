"""The instant that a run reads, and how a transaction is held on it so that others can read it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError
from havenlake.sources.postgres.server import Server, psycopg_library

if TYPE_CHECKING:
    import psycopg

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_MODE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_FACTS = (
    "SELECT txid_snapshot_xmax(txid_current_snapshot()),"
    " to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " current_setting('server_version_num')::int, pg_is_in_recovery()"
)


@dataclass(frozen=True)
class Instant:
    """A point in a server's life. `exported` is the id other sessions import; None where nothing is shared.

    `version` is the server's, 150004 for 15.4.
    """

    exported: str | None
    transaction: int
    time: str
    version: int
    replica: bool

    @property
    def position(self) -> str:
        """The next transaction's id and the time."""
        return f"{self.transaction}@{self.time}"

    def statements(self, server: Server) -> tuple[str, ...]:
        """What a session says first, in its own transaction, so that it sees this instant and prints plainly."""
        if self.exported is None:
            return ("SET TRANSACTION READ ONLY", *server.settings)
        return (_MODE, f"SET TRANSACTION SNAPSHOT '{self.exported}'", *server.settings)


def own_instant(connection: psycopg.Connection[tuple[Any, ...]]) -> Instant:
    """Facts of the server; no transaction is left open."""
    return _instant(connection, None)


def shared_instant(connection: psycopg.Connection[tuple[Any, ...]], server: Server, limit_ms: int) -> Instant:
    """Open a transaction, export its snapshot, and see that another session can import it; else HL-JDB-007."""
    connection.execute(_BEGIN)
    # the server itself ends the transaction when this process hangs or the network swallows its end
    for statement in (*server.settings, f"SET LOCAL idle_in_transaction_session_timeout TO {limit_ms}"):
        connection.execute(statement)
    library = psycopg_library()
    try:
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    except library.Error:
        raise _not_shared(server, "the server does not export snapshots to this user") from None
    made = _instant(connection, str(row[0]) if row else None)
    with server.connect() as second:
        try:
            with second.transaction():
                for statement in made.statements(server)[:2]:
                    second.execute(statement)
        except library.Error:
            raise _not_shared(server, "a second session does not see the exported snapshot") from None
    return made


def _instant(connection: psycopg.Connection[tuple[Any, ...]], exported: str | None) -> Instant:
    row = connection.execute(_FACTS).fetchone()
    assert row is not None  # noqa: S101  a select without a table gives one row
    return Instant(exported, int(row[0]), str(row[1]), int(row[2]), bool(row[3]))


def _not_shared(server: Server, why: str) -> HavenlakeError:
    return HavenlakeError(
        "HL-JDB-007",
        why,
        where=server.url.label,
        hint="connect to the server itself, not through a pooler; or set `consistent_snapshot: false`",
    )
