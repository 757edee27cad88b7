"""Delta tables by name: where they lie, what version they have, how they are created and read.

Only what Spark classic, Spark Connect and Databricks share: DataFrames and SQL text. A local table is a folder
`<warehouse>/<catalog>/<schema>/<table>`; elsewhere the catalog knows the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError
from havenlake.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructField, StructType

    from havenlake.names import TableName
    from havenlake.runtime.storage import Storage

TABLE_PROPERTIES = {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"}
_FORBIDDEN_IN_NAMES = frozenset(" ,;{}()\n\t=")
_STATISTICS_TYPES = (
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "date",
    "timestamp",
    "string",
    "decimal",
)


@dataclass(frozen=True)
class Commit:
    """One entry of a table's history."""

    version: int
    operation: str
    metrics: Mapping[str, str]

    @property
    def wrote_rows(self) -> bool:
        """Whether the commit carried data, not only a change of schema or properties."""
        counts = ("numOutputRows", "numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted")
        return any(int(self.metrics.get(name) or 0) > 0 for name in counts) or self.operation.startswith("CREATE")


class DeltaStore:
    """Access to Delta tables through one Spark session."""

    def __init__(self, spark: SparkSession, storage: Storage) -> None:
        self.spark = spark
        self.storage = storage

    def ref(self, name: TableName) -> str:
        """The table as SQL text: a path for a local warehouse, else the quoted three-level name."""
        location = self.storage.table_location(name)
        return f"delta.{quoted(location)}" if location else name.sql

    def exists(self, name: TableName) -> bool:
        """Whether the table has been created."""
        location = self.storage.table_location(name)
        if location is None:
            return bool(self.spark.catalog.tableExists(str(name)))
        return any(Path(location, "_delta_log").glob("*.json")) or any(Path(location, "_delta_log").glob("*.parquet"))

    def version(self, name: TableName) -> int | None:
        """The newest version, None for a table not created yet. Local tables cost no Spark job."""
        if not self.exists(name):
            return None
        location = self.storage.table_location(name)
        if location is not None:
            versions = [int(p.stem) for p in Path(location, "_delta_log").glob("*.json") if p.stem.isdigit()]
            if versions:
                return max(versions)
        return self.history(name, limit=1)[0].version

    def history(self, name: TableName, limit: int | None = None) -> tuple[Commit, ...]:
        """Commits, newest first."""
        bound = f" LIMIT {limit}" if limit else ""
        frame = self.spark.sql(f"DESCRIBE HISTORY {self.ref(name)}{bound}")
        rows = frame.select("version", "operation", "operationMetrics").collect()
        return tuple(Commit(r[0], r[1], r[2] or {}) for r in rows)

    def read(self, name: TableName, version: int | None = None) -> DataFrame:
        """The table's rows, now or at a version."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        location = self.storage.table_location(name)
        return reader.load(location) if location else reader.table(str(name))

    def changes(self, name: TableName, start: int, end: int) -> DataFrame:
        """The change feed of versions `start` to `end`, both included."""
        reader = self.spark.read.format("delta").option("readChangeFeed", "true")
        reader = reader.option("startingVersion", start).option("endingVersion", end)
        location = self.storage.table_location(name)
        return reader.load(location) if location else reader.table(str(name))

    def create(
        self, name: TableName, frame: DataFrame, identity: Sequence[str], extra_statistics: Sequence[str]
    ) -> None:
        """Create the table with the frame's rows in one commit; an existing one is an error."""
        self._write(
            name, frame, "errorifexists", {**TABLE_PROPERTIES, **_statistics(frame.schema, identity, extra_statistics)}
        )

    def replace(self, name: TableName, frame: DataFrame) -> None:
        """Replace all rows and the schema in one commit."""
        self._write(name, frame, "overwrite", {"overwriteSchema": "true"})

    def append(self, name: TableName, frame: DataFrame) -> None:
        """Append rows, creating the table when needed and adding columns the frame brings."""
        self._write(name, frame, "append", {"mergeSchema": "true"})

    def add_columns(self, name: TableName, fields: Sequence[StructField]) -> None:
        """Add nullable columns, their metadata included, by one commit without rows."""
        from pyspark.sql import functions as F
        from pyspark.sql.types import StructType

        existing = self.read(name).schema
        empty = self.spark.createDataFrame([], StructType([*existing.fields, *fields]))
        columns = [F.col(quoted(f.name)).alias(f.name, metadata=f.metadata or {}) for f in empty.schema.fields]
        self.append(name, empty.select(*columns))

    def _write(self, name: TableName, frame: DataFrame, mode: str, options: Mapping[str, str]) -> None:
        check_names(frame.columns)
        writer: Any = frame.write.format("delta").mode(mode).options(**options)
        location = self.storage.table_location(name)
        if location:
            writer.save(location)
        else:
            writer.saveAsTable(str(name))


def check_names(columns: Sequence[str]) -> None:
    """Refuse column names that Delta cannot store beside a change feed."""
    for column in columns:
        if _FORBIDDEN_IN_NAMES & set(column):
            raise HavenlakeError(
                "HL-TBL-007",
                f"column '{column}' has a space or one of ,;{{}}()= in its name, which Delta cannot store",
                hint="rename the column in the export",
            )


def _statistics(schema: StructType, identity: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
    """Statistics only where they prune files: they cost time, and would put clear values into the log."""
    wanted = {*identity, *extra}
    columns = [
        quoted(f.name)
        for f in schema.fields
        if f.name in wanted and f.dataType.simpleString().startswith(_STATISTICS_TYPES)
    ]
    return (
        {"delta.dataSkippingStatsColumns": ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}
    )
