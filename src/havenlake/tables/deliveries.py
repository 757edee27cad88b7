"""Which attempts of runs each sink has been told of: an append-only Delta table beside the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from havenlake.names import TableName
from havenlake.records import Delivery

if TYPE_CHECKING:
    from havenlake.tables.store import DeltaStore

DELIVERIES_SCHEMA = pa.schema(
    [
        ("sink", pa.string()),
        ("job", pa.string()),
        ("run_id", pa.string()),
        ("attempt", pa.int32()),
        ("delivered", pa.bool_()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
    ]
)


def deliveries_name(operations_catalog: str) -> TableName:
    """Where an instance keeps them."""
    return TableName(operations_catalog, "havenlake", "deliveries")


class Deliveries:
    """Reads and appends deliveries. `lock` guards an append where the file system cannot."""

    def __init__(
        self, store: DeltaStore, name: TableName, lock: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        self.store = store
        self.name = name
        self._lock = lock

    def of_job(self, job: str, since: datetime) -> tuple[Delivery, ...]:
        """Deliveries of a job that were recorded since then."""
        if not self.store.exists(self.name):
            return ()
        wanted = (F.col("job") == job) & (F.col("recorded_at") >= F.lit(since))
        names = [f.name for f in fields(Delivery)]
        found = self.store.read(self.name).where(wanted).select(*names).toArrow().cast(DELIVERIES_SCHEMA)
        return tuple(Delivery(**row) for row in found.to_pylist())

    def append(self, deliveries: Iterable[Delivery]) -> None:
        """Append in one commit; without deliveries nothing happens."""
        rows = [asdict(d) for d in deliveries]
        if not rows:
            return
        frame = self.store.spark.createDataFrame(pa.Table.from_pylist(rows, schema=DELIVERIES_SCHEMA))
        with self._lock():
            self.store.append(self.name, frame.coalesce(1))
