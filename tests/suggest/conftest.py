"""Tests of drafts share a database server and small folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.postgres import PASSWORDS, SUPERUSER, PostgresServer


@dataclass(frozen=True)
class Database:
    """A running server and its superuser."""

    server: PostgresServer
    user: str = SUPERUSER
    password: str = PASSWORDS[SUPERUSER]

    @property
    def url(self) -> str:
        return self.server.url("postgres")

    def execute(self, *statements: str) -> None:
        self.server.run("postgres", *statements)


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """One server of their own: these tests make roles, which belong to all databases of a server."""
    server = PostgresServer.create()
    yield Database(server)
    server.remove()
