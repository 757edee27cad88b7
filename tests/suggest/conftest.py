"""Tests of drafts share a database server and small folders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from postgres_server import Database, postgres


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """One server for all tests of a process."""
    with postgres() as server:
        yield server
