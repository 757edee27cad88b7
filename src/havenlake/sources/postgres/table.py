"""One table of a PostgreSQL source: rows in their final types, and what to do when reading them fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pyspark.sql import Column
from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.sources.contract import POSITION
from havenlake.sources.errors import coded
from havenlake.sources.postgres import catalog, failures, query
from havenlake.sources.postgres.catalog import Relation
from havenlake.sources.postgres.connections import Connections
from havenlake.sources.postgres.server import Failed, patiently
from havenlake.sources.postgres.snapshot import Snapshot
from havenlake.sources.postgres.types import Carried

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

T = TypeVar("T")


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

    @cached_property
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
