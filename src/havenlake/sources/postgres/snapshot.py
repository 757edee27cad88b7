"""The instant that a run reads: one transaction, held open, whose snapshot every reading session imports."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError
from havenlake.runtime.logs import LOGGER
from havenlake.sources.postgres import failures
from havenlake.sources.postgres.server import Server, psycopg_library

if TYPE_CHECKING:
    import psycopg

_log = logging.getLogger(f"{LOGGER}.sources")

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_MODE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_FACTS = (
    "SELECT txid_snapshot_xmax(txid_current_snapshot()),"
    " to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " current_setting('server_version_num')::int, pg_is_in_recovery()"
)


class Snapshot:
    """What a run knows of its database: opened by the first table that asks, closed at the end of the run.

    With `shared` false no snapshot is held: each table is as of the statement that reads it. `limit` is in seconds.
    """

    def __init__(self, server: Server, *, shared: bool, limit: float) -> None:
        self._server = server
        self._shared = shared
        self._limit = limit
        self._lock = threading.Lock()
        self._refused: HavenlakeError | None = None
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._timer: threading.Timer | None = None
        self._opened = 0.0
        self._expired = False
        self._exported: str | None = None
        self._facts: tuple[int, str, int, bool] = (0, "", 0, False)

    @property
    def shared(self) -> bool:
        """Whether all tables are read as of one instant."""
        return self._shared

    @property
    def server(self) -> Server:
        """The server it is held on."""
        return self._server

    @property
    def version(self) -> int:
        """The server's version, 150004 for 15.4."""
        return self._facts[2]

    @property
    def position(self) -> str:
        """The instant in words that sort: the next transaction id and the time."""
        return f"{self._facts[0]}@{self._facts[1]}"

    @property
    def statements(self) -> tuple[str, ...]:
        """What a session says first, in its own transaction, so that it sees this instant and prints plainly."""
        if self._exported is None:
            return ("SET TRANSACTION READ ONLY", *self._server.settings)
        return (_MODE, f"SET TRANSACTION SNAPSHOT '{self._exported}'", *self._server.settings)

    def open(self) -> None:
        """Take the snapshot, once; what was refused once is refused again without asking the server."""
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._opened:
                return
            try:
                self._open()
            except HavenlakeError as error:
                self._refused = error
                self._close()
                raise

    def query(self, sql: str, values: Sequence[Any] | None = None, *, where: str) -> list[tuple[Any, ...]]:
        """Rows of one statement at this instant; a failing one leaves the snapshot alive."""
        self.open()
        with self._lock:
            if not self._shared and self._connection is not None and self._connection.closed:
                self._connection = self._server.connect()  # nothing was held that could be lost
            self._check(where)
            connection = self._connection
            assert connection is not None  # noqa: S101  opened above, and `_check` has looked
            try:
                with connection.transaction():
                    if not self._shared:
                        for statement in self.statements:
                            connection.execute(statement)
                    done = connection.execute(sql, values)
                    return done.fetchall() if done.description else []
            except psycopg_library().Error as error:
                raise failures.querying(error, where).error from None

    def verify(self, where: str) -> None:
        """Raise HL-JDB-008 when the snapshot is held no more."""
        self.query("SELECT 1", where=where)

    def notes(self) -> tuple[str, ...]:
        """What it costs the source, for plan and record."""
        label = self._server.url.label
        if not self._shared:
            return (f"read from {label} without a common snapshot: tables may not agree with one another",)
        replica = " (a replica)" if self._facts[3] else ""
        held = round(time.monotonic() - self._opened)
        cost = "vacuum there cannot remove rows that died since"
        return (f"snapshot held on {label}{replica} for {held} s so far (limit {self._limit:.0f} s): {cost}",)

    def close(self) -> None:
        """Let the snapshot go; safe to call twice."""
        with self._lock:
            if self._connection is not None and self._shared:
                _log.info("snapshot held on %s for %.1f s", self._server.url.label, time.monotonic() - self._opened)
            self._close()

    def _open(self) -> None:
        self._connection = self._server.connect()
        self._opened = time.monotonic()
        where = self._server.url.label
        try:
            if self._shared:
                self._export(self._connection)
                self._start_limit()
            else:
                self._facts = _facts(self._connection)
        except psycopg_library().Error as error:
            raise failures.querying(error, where).error from None

    def _export(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """Hold a transaction, export its snapshot, and see that another session can import it."""
        connection.execute(_BEGIN)
        # the server itself ends the transaction when this process hangs or the network swallows its end
        for statement in (*self._server.settings, f"SET LOCAL idle_in_transaction_session_timeout TO {self._limit_ms}"):
            connection.execute(statement)
        library = psycopg_library()
        try:
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        except library.Error:
            raise self._unshared("the server does not export snapshots to this user") from None
        self._exported = str(row[0]) if row else None
        self._facts = _facts(connection)
        with self._server.connect() as second:
            try:
                with second.transaction():
                    for statement in self.statements[:2]:
                        second.execute(statement)
            except library.Error:
                raise self._unshared("a second session does not see the exported snapshot") from None

    @property
    def _limit_ms(self) -> int:
        return int(self._limit * 1000) + 1000

    def _start_limit(self) -> None:
        self._timer = threading.Timer(self._limit, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        with self._lock:
            self._expired = self._connection is not None
            self._close()

    def _check(self, where: str) -> None:
        if self._expired:
            why = f"the snapshot was let go after {self._limit:.0f} s, its 'snapshot_limit'"
            raise failures.lost(where, why)
        if self._connection is None or self._connection.closed:
            raise failures.lost(where, f"{self._server.url.label} closed the connection that held the snapshot")

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _unshared(self, why: str) -> HavenlakeError:
        return HavenlakeError(
            "HL-JDB-007",
            why,
            where=self._server.url.label,
            hint="connect to the server itself, not through a pooler; or set `consistent_snapshot: false`",
        )


def _facts(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[int, str, int, bool]:
    row = connection.execute(_FACTS).fetchone()
    assert row is not None  # noqa: S101  a select without a table gives one row
    return int(row[0]), str(row[1]), int(row[2]), bool(row[3])
