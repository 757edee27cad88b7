"""The PostgreSQL source: tables as lazy frames over Spark's JDBC reader, all from the run's one snapshot."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from havenlake.sources._columns import check_columns
from havenlake.sources._listing import human_size
from havenlake.sources.postgres import catalog, query
from havenlake.sources.postgres.catalog import Relation
from havenlake.sources.postgres.connections import Connections
from havenlake.sources.postgres.reader import arriving
from havenlake.sources.postgres.server import Server
from havenlake.sources.postgres.snapshot import Snapshot
from havenlake.sources.postgres.table import PostgresTable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from havenlake.config.jdbc import JdbcInput
    from havenlake.records import SecretResolver

SCANS = 2
"""How often one action may read its source at once: rows, and rows again where identities are repeated."""
_SYNTHETIC = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"


class PostgresSource:
    """Tables of one schema. Nothing is asked before the first table; `close` lets the snapshot go."""

    def __init__(self, spark: SparkSession, jdbc: JdbcInput, secrets: SecretResolver) -> None:
        self._spark = spark
        self._jdbc = jdbc
        self._secrets = secrets
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._connections = Connections(jdbc.max_connections - 1)  # one holds the snapshot

    def table(self, name: str) -> PostgresTable:
        """The table or view of this name."""
        snapshot = self._held()
        with self._connections.taken(1):
            found = catalog.relation(snapshot, self._jdbc.schema_, name)
            check_columns((column.name for column in found.columns), name)
            chosen = [entry.partition(".")[2] for entry in self._jdbc.as_text if entry.partition(".")[0] == name]
            columns = query.carried_columns(found, chosen)
            parts = query.predicates(found, most=self._most, version=snapshot.instant.version, shared=snapshot.shared)
            arrived = arriving(self._spark, snapshot, found, columns, parts)
        return PostgresTable(
            name=name,
            description=self._describe(found, len(parts)),
            position=f"{found.schema}.{name}@{snapshot.instant.position}",
            snapshot=snapshot,
            relation=found,
            columns=columns,
            arrived=arrived,
            connections=self._connections,
            scans=min(SCANS * len(parts), self._jdbc.max_connections - 1),
        )

    def tables(self) -> tuple[str, ...]:
        """Names of all tables and views of the schema."""
        return catalog.tables(self._held(), self._jdbc.schema_)

    def not_synthetic(self) -> str | None:
        """None when the schema's comment begins with SYNTHETIC."""
        schema = self._jdbc.schema_
        rows = self._held().query(_SYNTHETIC, [schema], where=f"schema '{schema}'")
        if rows and str(rows[0][0] or "").strip().startswith("SYNTHETIC"):
            return None
        return f"schema '{schema}' of {self._jdbc.address.label} has no comment that begins with SYNTHETIC"

    def close(self) -> None:
        """Let the snapshot go."""
        with self._lock:
            if self._snapshot is not None:
                self._snapshot.close()

    @property
    def _most(self) -> int:
        """Partitions of one table."""
        return max(1, (self._jdbc.max_connections - 1) // SCANS)

    def _held(self) -> Snapshot:
        with self._lock:  # tables are prepared by several threads
            if self._snapshot is None:
                server = Server.of(self._jdbc, self._secrets)
                limit = self._jdbc.snapshot_limit.total_seconds()
                self._snapshot = Snapshot(server, shared=self._jdbc.consistent_snapshot, limit=limit)
            return self._snapshot

    def _describe(self, found: Relation, parts: int) -> str:
        kind = {"v": "view", "m": "materialized view"}.get(found.kind, "table")
        size = f", {human_size(found.bytes)}" if found.physical else ""
        return f"{kind} {found.schema}.{found.name} of {self._jdbc.address.label}{size}, {parts} connection(s)"
