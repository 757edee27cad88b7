"""What is compared: a loader brings the tables of a folder to the state of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.snapshots import SPARK_SCHEMA

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Loader(Protocol):
    """One way to load. `folder` holds everything it keeps between loads, `snapshot` a folder for each table."""

    name: str

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        """Bring an empty folder to where the timed load of `snapshot` starts: after `before`, if there is one."""

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        """What is timed."""

    def clear(self, folder: Path, table: str) -> DataFrame:
        """The live rows as the source had them, to check the load by."""


def read_snapshot(spark: SparkSession, snapshot: Path, table: str) -> DataFrame:
    """A table of a snapshot, with its schema given, so that reading costs no look at the files beforehand."""
    return spark.read.schema(SPARK_SCHEMA).parquet(str(snapshot / table))
