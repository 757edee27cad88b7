"""The way into a PostgreSQL server: its address, a connection that can only read, and failures as coded errors.

Nothing the server says is passed on but its SQLSTATE: its messages quote values, and say who reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg.rows import tuple_row

from havenlake.errors import HavenlakeError

_CONNECT_SECONDS = 10
_SSL = {"sslmode", "sslrootcert", "sslcert", "sslkey"}


@dataclass(frozen=True)
class Server:
    """A database to connect to. User and password may be left to libpq's own PGUSER, PGPASSWORD and PGPASSFILE."""

    host: str
    port: int
    database: str
    options: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of_url(cls, url: str, user: str | None = None, password: str | None = None) -> Server:
        """Read `jdbc:postgresql://host:port/database?sslmode=…`; HL-CFG-004 for another form, or with a password."""
        parts = urlsplit(url.removeprefix("jdbc:"))
        given = dict(parse_qsl(parts.query))
        if parts.scheme != "postgresql" or not parts.hostname or len(parts.path) < 2:
            raise _wrong_url("it is not of the form jdbc:postgresql://host:port/database")
        if parts.username or parts.password or {"user", "password"} & set(given):
            raise _wrong_url("it holds a user or a password, which would be seen by others")
        unknown = [name for name in given if name.lower().startswith("ssl") and name not in _SSL]
        if unknown:
            raise _wrong_url(f"'{unknown[0]}' is not supported here")
        options = tuple((name, value) for name, value in given.items() if name in _SSL)
        return cls(parts.hostname, parts.port or 5432, unquote(parts.path[1:]), options, user, password)

    @property
    def place(self) -> str:
        """The database without who reads it."""
        return f"postgresql://{self.host}:{self.port}/{self.database}"

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection whose transactions can only read; HL-SUG-003 when there is none."""
        login = {k: v for k, v in (("user", self.user), ("password", self.password)) if v is not None}
        try:
            found = psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=self.database,
                connect_timeout=_CONNECT_SECONDS,
                application_name="havenlake suggest",
                row_factory=tuple_row,
                **dict(self.options),  # type: ignore[arg-type]  # sslmode and its files
                **login,  # type: ignore[arg-type]
            )
        except psycopg.Error as error:
            raise _no_connection(error, self.place) from None
        found.read_only = True
        found.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return found


def _wrong_url(why: str) -> HavenlakeError:
    hint = "jdbc:postgresql://host:5432/database; user and password by PGUSER and PGPASSWORD, or a job's secrets"
    return HavenlakeError("HL-CFG-004", f"address of the database: {why}", hint=hint)


_HINTS_BY_CLASS: dict[str, str] = {
    "28": "check user and password",
    "3D": "check the database's name in the address",
    "42": "grant the user USAGE on the schema and SELECT on the table",
    "53": "the server has no connection left: try again later",
    "57": "the statement took too long or the server is stopping: sample fewer --rows, or try a replica",
    "08": "the connection was lost: try again",
}


def _no_connection(error: psycopg.Error, place: str) -> HavenlakeError:
    told = str(error)  # libpq gives no SQLSTATE here, and its message names the user
    login = "authentication failed" in told or "no password supplied" in told
    reason, hint = "no connection", "check host, port and network"
    if login:
        reason, hint = "the server refused user or password", "set PGUSER and PGPASSWORD, or the job's secrets"
    elif "does not exist" in told:
        reason, hint = "the server knows no such database or user", _HINTS_BY_CLASS["3D"]
    return HavenlakeError("HL-SUG-003", reason, where=place, hint=hint)


def failed(error: psycopg.Error, what: str, place: str) -> HavenlakeError:
    """HL-SUG-003 for a statement that failed, with its SQLSTATE alone."""
    state = error.sqlstate or "08000"
    hint = _HINTS_BY_CLASS.get(state[:2], "look up the SQLSTATE in PostgreSQL's manual")
    return HavenlakeError("HL-SUG-003", f"'{what}' cannot be read (SQLSTATE {state})", where=place, hint=hint)
