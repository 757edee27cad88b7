"""Leases: one run at a time may write a table.

On a local file system a lease is an OS file lock, gone with its process. Elsewhere it is a row of a Delta
table, taken by a conditional MERGE, with an expiry and a fencing token that the holder checks before it commits.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.runtime.locks import FileLock
from havenlake.tables.failures import past_conflicts
from havenlake.tables.store import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from havenlake.records import Clock
    from havenlake.tables.store import DeltaStore

LEASE_SECONDS = 3600
_ATTEMPTS = 20


class Leases(Protocol):
    """Hands out leases on tables."""

    def hold(self, target: TableName | str, run_id: str) -> AbstractContextManager[Callable[[], None]]:
        """Hold a table (or any other name); yields a check that raises HL-RUN-006 once the lease is lost.

        Raises HL-RUN-002 when waiting for another holder is over.
        """

    def is_free(self, target: TableName | str) -> bool:
        """Whether nobody alive holds the name."""


class FileLeases:
    """Leases by OS file locks under `folder`; waits up to `wait` seconds."""

    def __init__(self, folder: Path, wait: float) -> None:
        self._folder = folder
        self._wait = wait

    @contextmanager
    def hold(self, target: TableName | str, run_id: str) -> Iterator[Callable[[], None]]:  # noqa: ARG002
        """See `Leases.hold`. A file lock cannot be lost while its process lives, so the check is empty."""
        lock = FileLock(self._folder / f"{target}.lock")
        try:
            lock.acquire(self._wait)
        except TimeoutError:
            raise _held(target, self._wait) from None
        try:
            yield lambda: None
        finally:
            lock.release()

    def is_free(self, target: TableName | str) -> bool:
        """See `Leases.is_free`."""
        lock = FileLock(self._folder / f"{target}.lock")
        try:
            lock.acquire(0)
        except TimeoutError:
            return False
        lock.release()
        return True


class DeltaLeases:
    """Leases as rows of a Delta table: `target`, `holder`, `token`, `expires_at`."""

    def __init__(
        self, store: DeltaStore, name: TableName, clock: Clock, wait: float, seconds: int = LEASE_SECONDS
    ) -> None:
        self._store = store
        self._name = name
        self._clock = clock
        self._wait = wait
        self._seconds = seconds

    @contextmanager
    def hold(self, target: TableName | str, run_id: str) -> Iterator[Callable[[], None]]:
        """See `Leases.hold`. The token grows with every holder, so a run that slept past its lease is told."""
        if not self._store.exists(self._name):
            self._commit(
                f"CREATE TABLE IF NOT EXISTS {self._store.ref(self._name)} "
                "(target STRING, holder STRING, token BIGINT, expires_at TIMESTAMP) USING DELTA"
            )
        token = self._wait_for(target, run_id)
        try:
            yield lambda: self._verify(target, run_id, token)
        finally:
            self._release(target, run_id, token)

    def is_free(self, target: TableName | str) -> bool:
        """See `Leases.is_free`: no holder, or one whose lease ran out."""
        if not self._store.exists(self._name):
            return True
        rows = (
            self._store.read(self._name).where(F.col("target") == str(target)).select("holder", "expires_at").collect()
        )
        return not rows or rows[0][0] is None or rows[0][1].astimezone(UTC) < self._clock.now()

    def _commit(self, statement: str) -> None:
        """Run a statement; again when another holder's came first, for all leases lie in one table."""
        past_conflicts(lambda: self._store.execute(statement), _ATTEMPTS)

    def _wait_for(self, target: TableName | str, run_id: str) -> int:
        deadline = time.monotonic() + self._wait
        while True:
            self._take(target, run_id)
            holder, token = self._current(target)
            if holder == run_id:
                return token
            if time.monotonic() >= deadline:
                raise _held(target, self._wait, holder)
            time.sleep(min(5.0, max(0.1, self._wait / 20)))

    def _take(self, target: TableName | str, run_id: str) -> None:
        now = self._clock.now()
        expires = now + timedelta(seconds=self._seconds)
        self._commit(
            f"MERGE INTO {self._store.ref(self._name)} t USING (SELECT {literal(str(target))} AS target, "
            f"{literal(run_id)} AS holder, "
            f"TIMESTAMP '{now.isoformat()}' AS now, TIMESTAMP '{expires.isoformat()}' AS expires_at) s "
            "ON t.target = s.target "
            "WHEN MATCHED AND (t.holder IS NULL OR t.expires_at < s.now) THEN UPDATE SET "
            "t.holder = s.holder, t.token = t.token + 1, t.expires_at = s.expires_at "
            "WHEN NOT MATCHED THEN INSERT (target, holder, token, expires_at) "
            "VALUES (s.target, s.holder, 1, s.expires_at)"
        )

    def _current(self, target: TableName | str) -> tuple[str | None, int]:
        rows = self._store.read(self._name).where(F.col("target") == str(target)).select("holder", "token").collect()
        return (rows[0][0], rows[0][1]) if rows else (None, 0)

    def _verify(self, target: TableName | str, run_id: str, token: int) -> None:
        if self._current(target) != (run_id, token):
            raise HavenlakeError(
                "HL-RUN-006", f"{target} was taken over by another run", hint="this run wrote nothing more; resume it"
            )

    def _release(self, target: TableName | str, run_id: str, token: int) -> None:
        self._commit(
            f"UPDATE {self._store.ref(self._name)} SET holder = NULL "
            f"WHERE target = {literal(str(target))} AND holder = {literal(run_id)} AND token = {token}"
        )


def lease_name(operations_catalog: str) -> TableName:
    """Where an instance keeps its leases."""
    return TableName(operations_catalog, "havenlake", "leases")


def _held(target: TableName | str, waited: float, holder: str | None = None) -> HavenlakeError:
    by = f" by run {holder}" if holder else ""
    return HavenlakeError(
        "HL-RUN-002",
        f"{target} is held{by}; waited {waited:g} s",
        hint="wait for the other run, or look at it with `havenlake status`",
    )
