"""A database as a source: its address, who reads it, and how much of it one run may take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote

from pydantic import AfterValidator, Field

from havenlake.config.base import ConfigModel, Duration, Names, SecretRef, wrong
from havenlake.config.places import is_local

_URL = re.compile(
    r"jdbc:postgresql://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"/(?P<database>[^/?#@\s]+)(?:\?(?P<query>[^#\s]*))?"
)
_OPTIONS = ("sslmode", "sslrootcert")
_ENCRYPTED = ("require", "verify-ca", "verify-full")
_MODES = (*_ENCRYPTED, "disable", "prefer")


@dataclass(frozen=True)
class DatabaseUrl:
    """The parts of a PostgreSQL URL. `database` is as written in the URL, percent signs included."""

    host: str
    port: int
    database: str
    sslmode: str
    sslrootcert: str | None = None

    @classmethod
    def parse(cls, url: str) -> DatabaseUrl:
        """Read one URL; raises ValueError in words for what it may not hold.

        >>> DatabaseUrl.parse("jdbc:postgresql://db.example/app").sslmode
        'require'
        """
        found = _URL.fullmatch(url)
        if found is None:
            raise ValueError("must be jdbc:postgresql://host[:port]/database, with one host")
        options = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
        unknown = [name for name in options if name not in _OPTIONS]
        if unknown:
            raise ValueError(f"option '{unknown[0]}' is not allowed in the URL, only {' and '.join(_OPTIONS)}")
        near = is_local(url)
        mode = options.get("sslmode", "disable" if near else "require")
        if mode not in _MODES:
            raise ValueError(f"sslmode must be one of {', '.join(_MODES)}")
        if mode not in _ENCRYPTED and not near:
            raise ValueError(f"sslmode={mode} would let rows cross the network in clear; use {', '.join(_ENCRYPTED)}")
        return cls(found["host"], int(found["port"] or 5432), found["database"], mode, options.get("sslrootcert"))

    @property
    def jdbc(self) -> str:
        """The URL without options."""
        return f"jdbc:postgresql://{self.label}"

    @property
    def label(self) -> str:
        """Host, port and database, for people."""
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def database_name(self) -> str:
        """The database's own name."""
        return unquote(self.database)


def _url(url: str) -> str:
    if "password" in url.lower() or "@" in url:
        raise wrong("must not hold a user or password: name them under 'user' and 'password'")
    try:
        DatabaseUrl.parse(url)
    except ValueError as error:
        raise wrong(str(error)) from None
    return url


def _columns(names: tuple[str, ...]) -> tuple[str, ...]:
    for index, name in enumerate(names):
        table, _, column = name.partition(".")
        if not table or not column:
            raise wrong(f"'{name}' must be written as table.column", index)
    return names


def _default(text: str) -> Any:
    """The default as it would be written, for editors: pydantic would tell it in a form that no file may use."""
    return Field(json_schema_extra={"default": text})


class JdbcInput(ConfigModel):
    """A database to read from; user and password are secrets."""

    url: Annotated[str, Field(pattern="^jdbc:"), AfterValidator(_url)]
    """`jdbc:postgresql://host[:port]/database`, of the primary or of a replica."""
    user: SecretRef
    password: SecretRef
    schema_: Annotated[str, Field(alias="schema", min_length=1)]
    consistent_snapshot: bool = True
    """All tables of a run are read as of one instant."""
    snapshot_limit: Annotated[Duration, _default("1h")] = timedelta(hours=1)
    """The longest time for which the snapshot is held."""
    statement_timeout: Annotated[Duration, _default("10m")] = timedelta(minutes=10)
    """The longest time for one statement, one fetch of rows included."""
    max_connections: Annotated[int, Field(ge=3, le=200)] = 9
    """The most connections of one run at any time."""
    as_text: Annotated[Names, AfterValidator(_columns)] = ()
    """Columns (`table.column`) to carry as PostgreSQL prints them."""

    @property
    def address(self) -> DatabaseUrl:
        """The parsed URL."""
        return DatabaseUrl.parse(self.url)
