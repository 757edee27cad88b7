"""The run's hold on its database: one transaction whose snapshot every reading session imports, let go at the end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError
from havenlake.runtime.logs import LOGGER
from havenlake.sources.postgres import failures
from havenlake.sources.postgres.instant import Instant, own_instant, shared_instant
from havenlake.sources.postgres.server import Server, psycopg_library

if TYPE_CHECKING:
    import psycopg

_log = logging.getLogger(f"{LOGGER}.sources")

_SERVER_SLACK_MS = 1000
"""The server ends a transaction that this process forgot so much later than the process itself would."""


class Snapshot:
    """Opened by the first table that asks, closed at the end of the run; used by several threads.

    With `shared` false no snapshot is held: each table is as of the statement that reads it. `limit` is in seconds.
    """

    def __init__(self, server: Server, *, shared: bool, limit: float) -> None:
        self.server = server
        self.shared = shared
        self._limit = limit
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._instant: Instant | None = None
        self._refused: HavenlakeError | None = None
        self._timer: threading.Timer | None = None
        self._opened = 0.0
        self._expired = False

    @property
    def instant(self) -> Instant:
        """What is read; opens the snapshot, once. What was refused is refused again without asking the server."""
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._instant is None:
                try:
                    self._instant = self._open()
                except HavenlakeError as error:
                    self._refused = error
                    self._close()
                    raise
            return self._instant

    @property
    def statements(self) -> tuple[str, ...]:
        """What a session says first to see this instant."""
        return self.instant.statements(self.server)

    def query(self, sql: str, values: Sequence[Any] | None = None, *, where: str) -> list[tuple[Any, ...]]:
        """Rows of one statement at this instant; a failing one leaves the snapshot alive."""
        statements = self.statements
        first = () if self.shared else statements  # the held transaction has said them
        with self._lock:
            connection = self._alive(where)
            try:
                with connection.transaction():
                    for statement in first:
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
        label = self.server.url.label
        if not self.shared:
            return (f"read from {label} without a common snapshot: tables may not agree with one another",)
        replica = " (a replica)" if self.instant.replica else ""
        held = round(time.monotonic() - self._opened)
        cost = "vacuum there cannot remove rows that died since"
        return (f"snapshot held on {label}{replica} for {held} s so far (limit {self._limit:.0f} s): {cost}",)

    def close(self) -> None:
        """Let the snapshot go; safe to call twice."""
        with self._lock:
            if self._connection is not None and self.shared:
                _log.info("snapshot held on %s for %.1f s", self.server.url.label, time.monotonic() - self._opened)
            self._close()

    def _open(self) -> Instant:
        self._connection = self.server.connect()
        self._opened = time.monotonic()
        try:
            if not self.shared:
                return own_instant(self._connection)
            made = shared_instant(self._connection, self.server, int(self._limit * 1000) + _SERVER_SLACK_MS)
        except psycopg_library().Error as error:
            raise failures.querying(error, self.server.url.label).error from None
        self._timer = threading.Timer(self._limit, self._expire)
        self._timer.daemon = True
        self._timer.start()
        return made

    def _expire(self) -> None:
        with self._lock:
            self._expired = self._connection is not None
            self._close()

    def _alive(self, where: str) -> psycopg.Connection[tuple[Any, ...]]:
        if self._expired:
            raise failures.lost(where, f"the snapshot was let go after {self._limit:.0f} s, its 'snapshot_limit'")
        connection = self._connection
        if connection is not None and connection.closed and not self.shared:
            self._connection = connection = self.server.connect()  # nothing was held that could be lost
        if connection is None or connection.closed:
            raise failures.lost(where, f"the connection to {self.server.url.label} that held the snapshot is closed")
        return connection

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
