"""Connections from the driver: opened with bounded patience, never telling a user or a password."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from havenlake.errors import HavenlakeError
from havenlake.sources.postgres import failures

if TYPE_CHECKING:
    import psycopg

    from havenlake.config.jdbc import DatabaseUrl, JdbcInput
    from havenlake.records import SecretResolver

PATIENCE: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts at what can pass; after the last the error is told."""
CONNECT_SECONDS = 10
LOCK_MS = 10_000
"""The longest wait for a lock: it keeps other tables of the run waiting too."""
APPLICATION = "havenlake"
T = TypeVar("T")


@dataclass(frozen=True)
class Login:
    """Who reads. Neither text appears in a `repr`."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    """Where to connect, as whom, and what every session sets first."""

    url: DatabaseUrl
    login: Login
    statement_ms: int

    @classmethod
    def of(cls, jdbc: JdbcInput, secrets: SecretResolver) -> Server:
        """Open the two secrets; raises HL-SEC-001 or HL-SEC-002."""
        user, password = (secrets.get(ref.scope, ref.key) for ref in (jdbc.user, jdbc.password))
        return cls(jdbc.address, Login(user, password), int(jdbc.statement_timeout.total_seconds() * 1000))

    @property
    def settings(self) -> tuple[str, ...]:
        """SQL that makes text mean one thing whatever the server, the role or the client would choose."""
        return (
            "SET LOCAL search_path TO pg_catalog",
            "SET LOCAL TimeZone TO 'UTC'",
            "SET LOCAL DateStyle TO 'ISO, YMD'",
            "SET LOCAL IntervalStyle TO 'postgres'",
            "SET LOCAL bytea_output TO 'hex'",
            "SET LOCAL extra_float_digits TO 3",
            "SET LOCAL row_security TO off",  # rows hidden by a policy would look deleted: refuse instead
            f"SET LOCAL statement_timeout TO {self.statement_ms}",
            f"SET LOCAL lock_timeout TO {min(LOCK_MS, self.statement_ms)}",
        )

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection in autocommit mode; a coded error when what can pass did not, at once when it cannot."""
        return patiently(self._connect)

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        library = psycopg_library()
        url = self.url
        try:
            connection: psycopg.Connection[tuple[Any, ...]] = library.connect(
                host=url.host.strip("[]"),
                port=url.port,
                dbname=url.database_name,
                user=self.login.user,
                password=self.login.password,
                sslmode=url.sslmode,
                sslrootcert=url.sslrootcert,
                gssencmode="disable",
                connect_timeout=CONNECT_SECONDS,
                keepalives_idle=30,
                application_name=APPLICATION,
                autocommit=True,
                prepare_threshold=None,
            )
        except library.OperationalError as error:
            raise Failed(failures.connecting(error, url.label)) from None
        return connection


class Failed(Exception):  # noqa: N818  carries a failure to where it is judged
    """A failure on its way to `patiently`."""

    def __init__(self, failure: failures.Failure) -> None:
        super().__init__(failure.error.code)
        self.failure = failure


def patiently(attempt: Callable[[], T], patience: tuple[float, ...] | None = None) -> T:
    """The attempt's result; tried again, a bounded number of times, only after `Failed` with a transient failure."""
    for pause in (*(PATIENCE if patience is None else patience), None):
        try:
            return attempt()
        except Failed as failed:
            failure = failed.failure
        if pause is None or not failure.transient:
            break
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  spreads attempts, guards nothing
    raise failure.error


def psycopg_library() -> Any:
    """The module; HL-ENV-004 where it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise HavenlakeError("HL-ENV-004", "psycopg is not installed", hint="pip install 'havenlake[jdbc]'") from None
    return psycopg
