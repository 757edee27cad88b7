"""Delta tables by name: where they lie, what version they have, how they are created and read.

Only what Spark classic, Spark Connect and Databricks share: DataFrames and SQL text. A local table is a folder
`<warehouse>/<catalog>/<schema>/<table>`; elsewhere the catalog knows the place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.runtime.storage import remove
from havenlake.tables.failures import past_conflicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, Row, SparkSession
    from pyspark.sql.types import StructField, StructType

    from havenlake.names import TableName
    from havenlake.runtime.storage import Storage

TABLE_PROPERTIES = {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"}
ZONE_PROPERTY = "havenlake.zone"
"""Table property that says in which zone the table was made."""
WriteCheck = Callable[["TableName", "str | None"], None]
"""Is told a table and where it lies, before something is written; raises to refuse."""
_FORBIDDEN_IN_NAMES = frozenset(" ,;{}()\n\t=`")  # a backtick breaks a MERGE that writes a change feed
_CHANGE_FEED_COLUMNS = frozenset({"_change_type", "_commit_version", "_commit_timestamp"})
_WRITTEN = ("numTargetRowsInserted", "numTargetRowsUpdated")
_STATISTICS = "delta.dataSkippingStatsColumns"
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
        return self._any("numOutputRows", *_WRITTEN, "numTargetRowsDeleted") or self.operation.startswith("CREATE")

    @property
    def only_deleted(self) -> bool:
        """Whether it was a MERGE that removed rows and wrote none."""
        return self._any("numTargetRowsDeleted") and not self._any(*_WRITTEN)

    def _any(self, *counts: str) -> bool:
        return any(int(self.metrics.get(name) or 0) > 0 for name in counts)


class DeltaStore:
    """Access to Delta tables through one Spark session."""

    def __init__(
        self, spark: SparkSession, storage: Storage, check: WriteCheck | None = None, zone: str | None = None
    ) -> None:
        self.spark = spark
        self.storage = storage
        self._check = check
        self._made_in = {ZONE_PROPERTY: zone} if zone else {}
        self._checked: set[TableName] = set()

    def before_write(self, name: TableName) -> None:
        """Ask whether the table may be written where it lies, once for each table; raises when it may not."""
        if self._check is None or name in self._checked:
            return
        self._check(name, self.location(name))
        self._checked.add(name)

    def location(self, name: TableName) -> str | None:
        """Where the table really lies; None for one that a catalog has yet to place."""
        local = self.storage.table_location(name)
        if local is not None or not self.exists(name):
            return local
        return str(self.spark.sql(f"DESCRIBE DETAIL {name.sql}").select("location").collect()[0][0])

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
        if version is not None and not self._is_newest(name, version):
            reader = reader.option("versionAsOf", version)
        location = self.storage.table_location(name)
        return reader.load(location) if location else reader.table(str(name))

    def _is_newest(self, name: TableName, version: int) -> bool:
        """Whether a version need not be named: naming it makes Delta build that state anew, by several jobs."""
        return self.storage.is_local and self.version(name) == version

    def changes(self, name: TableName, start: int, end: int) -> DataFrame:
        """The change feed of versions `start` to `end`, both included."""
        reader = self.spark.read.format("delta").option("readChangeFeed", "true")
        reader = reader.option("startingVersion", start).option("endingVersion", end)
        location = self.storage.table_location(name)
        return reader.load(location) if location else reader.table(str(name))

    def create(
        self,
        name: TableName,
        frame: DataFrame,
        identity: Sequence[str],
        extra_statistics: Sequence[str],
        comment: str | None = None,
    ) -> None:
        """Create the table with the frame's rows in one commit; an existing one is an error.

        A local folder without a commit is the rest of a create that failed or died: it is cleared before and after.
        """
        self.before_write(name)
        properties = {**TABLE_PROPERTIES, **self._made_in, **_statistics(frame.schema, identity, extra_statistics)}
        if comment is not None:
            properties["comment"] = comment
        check_names(frame.schema, name)
        self._clear_rest(name)
        try:
            writer = frame.writeTo(self.ref(name)).using("delta")
            for key, value in properties.items():
                writer = writer.tableProperty(key, value)
            writer.create()
        finally:
            self._clear_rest(name)

    def _clear_rest(self, name: TableName) -> None:
        location = self.storage.table_location(name)
        if location and not self.exists(name):
            remove(location)

    def replace(
        self, name: TableName, frame: DataFrame, identity: Sequence[str], extra_statistics: Sequence[str]
    ) -> None:
        """Replace all rows and the schema in one commit; another identity takes more for the table's properties."""
        wanted = _statistics(frame.schema, identity, extra_statistics)
        moved = wanted.get(_STATISTICS) != self.properties(name).get(_STATISTICS)
        if moved:  # Delta refuses to lose a column that has statistics
            self._alter(name, "SET", "('delta.dataSkippingNumIndexedCols' = '0')")
            self._alter(name, "UNSET", f"IF EXISTS ('{_STATISTICS}')")
        self.overwrite_schema(name, frame)
        if moved:
            self.set_properties(name, wanted)

    def overwrite_schema(self, name: TableName, frame: DataFrame) -> None:
        """Replace all rows and the schema in one commit; the frame may read the table itself."""
        self._write(name, frame, "overwrite", {"overwriteSchema": "true"})

    def overwrite(self, name: TableName, frame: DataFrame) -> None:
        """Replace all rows in one commit; the schema stays. The frame may read the table itself."""
        self._write(name, frame, "overwrite", {})

    def append(self, name: TableName, frame: DataFrame) -> None:
        """Append rows, creating the table when needed and adding columns the frame brings.

        Rows that are added contradict nobody's: a commit that came first is no reason to give up.
        """
        past_conflicts(lambda: self._write(name, frame, "append", {"mergeSchema": "true"}))

    def add_columns(self, name: TableName, fields: Sequence[StructField]) -> None:
        """Add nullable columns, their metadata included, by one commit without rows."""
        from pyspark.sql import functions as F
        from pyspark.sql.types import StructType

        existing = self.read(name).schema
        empty = self.spark.createDataFrame([], StructType([*existing.fields, *fields]))
        columns = [F.col(quoted(f.name)).alias(f.name, metadata=f.metadata or {}) for f in empty.schema.fields]
        self.append(name, empty.select(*columns))

    def set_comments(self, name: TableName, columns: Mapping[str, str], table: str | None = None) -> None:
        """Set the table's comment, then its columns' by one statement: commits without rows."""
        if table is not None:
            self.spark.sql(f"COMMENT ON TABLE {self.ref(name)} IS {literal(table)}").collect()
        if columns:
            changes = ", ".join(f"{quoted(column)} COMMENT {literal(text)}" for column, text in columns.items())
            self.spark.sql(f"ALTER TABLE {self.ref(name)} ALTER COLUMN {changes}").collect()

    def properties(self, name: TableName) -> dict[str, str]:
        """The table's properties."""
        rows = self.spark.sql(f"SHOW TBLPROPERTIES {self.ref(name)}").collect()
        return {row[0]: row[1] for row in rows}

    def set_properties(self, name: TableName, properties: Mapping[str, str]) -> None:
        """Set properties by one commit without rows."""
        self._alter(name, "SET", "(" + ", ".join(f"'{k}' = {literal(v)}" for k, v in properties.items()) + ")")

    def execute(self, statement: str) -> list[Row]:
        """Run one SQL statement and return its rows."""
        return list(self.spark.sql(statement).collect())

    def _alter(self, name: TableName, verb: str, properties: str) -> None:
        self.execute(f"ALTER TABLE {self.ref(name)} {verb} TBLPROPERTIES {properties}")

    def _write(self, name: TableName, frame: DataFrame, mode: str, options: Mapping[str, str]) -> None:
        self.before_write(name)
        check_names(frame.schema, name)
        writer: Any = frame.write.format("delta").mode(mode).options(**options)
        location = self.storage.table_location(name)
        if location:
            writer.save(location)
        else:
            writer.saveAsTable(str(name))


def literal(text: str) -> str:
    """A text as a literal of Spark SQL; `${…}` would be taken for a variable even inside one."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("$", "\\u0024")
    return f"'{escaped}'"


def check_names(schema: StructType, table: TableName) -> None:
    """Refuse column names, those inside structs too, that Delta cannot store beside a change feed."""
    for path, name in _names(schema):
        why = None
        if _FORBIDDEN_IN_NAMES & set(name):
            why = "has a space, a tab, a line break or one of ,;{}()=` in its name, which Delta cannot store"
        elif path.lower() in _CHANGE_FEED_COLUMNS:
            why = "has a name that Delta's change feed uses"
        if why is not None:
            raise HavenlakeError(
                "HL-TBL-007", f"column '{path}' {why}", where=str(table), hint="rename the column in the export"
            )


def _names(kind: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and name of every field of a type, at any depth."""
    for field in getattr(kind, "fields", ()):
        inner = f"{path}.{field.name}" if path else field.name
        yield inner, field.name
        yield from _names(field.dataType, inner)
    for part in ("elementType", "keyType", "valueType"):
        if hasattr(kind, part):
            yield from _names(getattr(kind, part), path)


def _statistics(schema: StructType, identity: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
    """Statistics only where they prune files: they cost time, and would put clear values into the log."""
    wanted = {*identity, *extra}
    columns = [
        quoted(f.name)
        for f in schema.fields
        if f.name in wanted and f.dataType.simpleString().startswith(_STATISTICS_TYPES)
    ]
    return {_STATISTICS: ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}
