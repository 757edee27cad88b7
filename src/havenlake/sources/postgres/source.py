"""The PostgreSQL source: tables as lazy frames over Spark's JDBC reader, all from the run's one snapshot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from pyspark.sql import Column
from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.sources._columns import check_columns
from havenlake.sources._listing import human_size
from havenlake.sources.contract import POSITION
from havenlake.sources.errors import coded
from havenlake.sources.postgres import catalog, failures, query
from havenlake.sources.postgres.catalog import Relation
from havenlake.sources.postgres.server import APPLICATION, CONNECT_SECONDS, Failed, Server, patiently
from havenlake.sources.postgres.snapshot import Snapshot
from havenlake.sources.postgres.types import Carried

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from havenlake.config.jdbc import JdbcInput
    from havenlake.records import SecretResolver

SCANS = 2
"""How often one action may read its source at once: rows, and rows again where identities are repeated."""
_SOCKET_SLACK = 60
_SYNTHETIC = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
T = TypeVar("T")


class Connections:
    """Counts connections, so that tables read side by side never hold more than the job allows."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Wait until so many are free, and hold them."""
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()


@dataclass(frozen=True)
class PostgresTable:
    """One table at the run's instant; see `SourceTable`."""

    name: str
    description: str
    position: str
    snapshot: Snapshot
    relation: Relation
    columns: tuple[Carried, ...]
    arrived: DataFrame
    connections: Connections
    scans: int
    """Connections that one action may take."""

    @property
    def frame(self) -> DataFrame:
        """All columns under their own names and in their final types."""
        return self.arrived.select(*self._decoded())

    @property
    def bytes(self) -> int:
        """Size of the table's pages; 0 for a view."""
        return self.relation.bytes if self.relation.physical else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading costs the source."""
        return self.snapshot.notes()

    def verify_unchanged(self) -> None:
        """Raise HL-JDB-008 when the snapshot is gone, HL-SRC-004 when the table was rewritten."""
        catalog.verify(self.snapshot, self.relation)

    def positions(self) -> DataFrame:
        """`frame` plus `_source_position`: page and place of the row, where it has one."""
        place = F.concat_ws(" ", F.lit(self.name), query.ADDRESS) if self.relation.physical else F.lit(self.name)
        return self.arrived.select(*self._decoded(), place.alias(POSITION))

    def read(self, action: Callable[[], T]) -> T:
        """Run an action over the rows; try again what can pass, tell the rest by code."""

        def attempt() -> T:
            try:
                return action()
            except ENGINE_ERRORS as error:
                failure = self._failure(str(error))
                if failure is None:
                    raise coded(error) from None
                raise Failed(failure) from None

        with self.connections.taken(self.scans):
            return patiently(attempt)

    def _decoded(self) -> list[Column]:
        return [
            carried.decode(F.col(query.wire_name(number))).alias(column.name, metadata={})
            for number, (column, carried) in enumerate(zip(self.relation.columns, self.columns, strict=True))
        ]

    def _failure(self, text: str) -> failures.Failure | None:
        where = f"table '{self.name}'"
        failure = failures.reading(text, where, [column.name for column in self.relation.columns])
        if failure is None or failure.error.code == "HL-JDB-009":
            return failure
        try:
            self.snapshot.verify(where)  # the likeliest reason, whatever the words were
        except HavenlakeError as error:
            return failures.Failure(error)
        return failure


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
            arrived = self._load(snapshot, found, columns, parts)
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

    def _load(self, snapshot: Snapshot, found: Relation, columns: tuple[Carried, ...], parts: list[str]) -> DataFrame:
        """A lazy frame of what arrives; one short connection looks at its schema."""
        url, options = _driver_url(snapshot.server), _options(snapshot, found)
        text = f"({query.pushed(found, columns)}) AS source"
        where = f"table '{found.name}'"

        def attempt() -> DataFrame:
            try:
                return self._spark.read.jdbc(url, text, predicates=parts, properties=options)
            except ENGINE_ERRORS as error:
                failure = failures.reading(str(error), where, ())
                if failure is None:
                    raise coded(error) from None
                raise Failed(failure) from None

        frame = patiently(attempt)
        _check_schema(frame, columns, found)
        return frame

    def _describe(self, found: Relation, parts: int) -> str:
        kind = {"v": "view", "m": "materialized view"}.get(found.kind, "table")
        size = f", {human_size(found.bytes)}" if found.physical else ""
        return f"{kind} {found.schema}.{found.name} of {self._jdbc.address.label}{size}, {parts} connection(s)"


def _options(snapshot: Snapshot, found: Relation) -> dict[str, str]:
    """Options of Spark's reader. They hold user and password: they are never shown."""
    login = snapshot.server.login
    return {
        "driver": "org.postgresql.Driver",
        "user": login.user,
        "password": login.password,
        "fetchsize": str(query.fetch_rows(found)),
        "pushDownPredicate": "false",  # text is compared as Spark compares it, not by the server's collation
        "sessionInitStatement": "; ".join(snapshot.statements),
    }


def _driver_url(server: Server) -> str:
    """The URL with the driver's properties, in which Spark would lose upper and lower case."""
    properties = {
        "sslmode": server.url.sslmode,
        "gssEncMode": "disable",
        "ApplicationName": APPLICATION,
        "connectTimeout": CONNECT_SECONDS,
        "socketTimeout": server.statement_ms // 1000 + _SOCKET_SLACK,
        "tcpKeepAlive": "true",
        "prepareThreshold": 0,
        "logServerErrorDetail": "false",  # a detail quotes the row
        **({"sslrootcert": server.url.sslrootcert} if server.url.sslrootcert else {}),
    }
    return f"{server.url.jdbc}?{urlencode(properties)}"


def _check_schema(frame: DataFrame, columns: tuple[Carried, ...], found: Relation) -> None:
    """Every column must arrive in the type that was asked for."""
    arrived = {field.name: field.dataType for field in frame.schema.fields}
    for name, wanted in query.wire_schema(columns).items():
        if arrived.get(name) != wanted:
            column = found.columns[int(name[1:])]
            raise HavenlakeError(
                "HL-SRC-007",
                f"column '{column.name}' of type {column.written} arrives as {arrived.get(name)}, not {wanted}",
                where=f"table '{found.name}'",
                hint=f"carry it as text: `as_text: [{found.name}.{column.name}]`",
            )
