"""Tests of drafts share a database server and small folders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.suggest.postgres_server import Database, postgres


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """One server for all tests of a process."""
    with postgres() as server:
        yield server
