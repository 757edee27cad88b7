"""F: the floor. Parquet into a new Delta table, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from benchmarks.loader import read_snapshot


class Plain:
    """Plain Spark: every load writes new tables, one after the other."""

    name = "F"

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        """Nothing is kept from load to load."""

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        for table in tables:
            read_snapshot(self._spark, snapshot, table).write.format("delta").save(str(folder / table))

    def clear(self, folder: Path, table: str) -> DataFrame:
        return self._spark.read.format("delta").load(str(folder / table))
