"""A Delta store in an empty warehouse, shared by the tests of tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from havenlake.names import TableName
from havenlake.runtime.storage import Storage
from havenlake.tables import DeltaStore

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TARGET = TableName("lake", "platformdb", "odd-table é")  # asset names are free text


@pytest.fixture
def store(spark: SparkSession, warehouse: Path) -> DeltaStore:
    return DeltaStore(spark, Storage(warehouse, warehouse))


def rows_of(store: DeltaStore, name: TableName = TARGET, version: int | None = None) -> list[dict[str, Any]]:
    """The rows on disk."""
    found: list[dict[str, Any]] = store.read(name, version).toArrow().to_pylist()
    return found


def files_below(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
