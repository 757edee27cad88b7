"""An application of a user's own: writes the rows that a table's order lists, or fails as the order says.

An order is a JSON object: `rows` maps an id to a text; `fail` is `[step, text]`; `wait` is seconds before measuring;
`meet` is how many tables must be under way at once, or the table fails; `hold` is a folder in which each attempt to
write says so by a file `writing-N`, and goes on when there is a file `go-N`.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from copy_inputs import CopyInput

from havenlake.errors import HavenlakeError
from havenlake.records import Mode, RowCounts, TablePlan
from havenlake.runner import SparkApplication

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pyspark.sql import DataFrame

    from havenlake.names import TableName
    from havenlake.runner import Measured, Prepared, RunEnvironment
    from havenlake.tables import SnapshotDiff, SnapshotLoad

_meetings: dict[int, threading.Barrier] = {}
_lock = threading.Lock()


class SecretiveError(Exception):
    """An error that an application raises with a row in its text."""


class CopyJob(SparkApplication):
    """`app_name: copy_job`."""

    layer: ClassVar[str] = "gold"

    def check(self, environment: RunEnvironment) -> None:
        """Refuse the run when the folder says so."""
        if (_folder(environment) / "closed").exists():
            raise HavenlakeError("HL-RES-001", "the folder is closed", hint="open it")

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Read the table's order."""
        order = json.loads((_folder(environment) / f"{table}.json").read_text())
        _maybe_fail("prepare", order)
        target = environment.target(table)
        mode = Mode.COMPARE if environment.store.exists(target) else Mode.FIRST_LOAD
        plan = TablePlan(table, str(target), mode, source="order", source_position=str(order.get("position", "")))
        return _Prepared(environment, target, order, plan)


@dataclass(frozen=True)
class _Prepared:
    environment: RunEnvironment
    target: TableName
    order: dict[str, Any]
    plan: TablePlan

    @property
    def contract(self) -> str:
        return self.environment.workspace.contract_fingerprint(self.environment.job, self.target.table)

    @property
    def schema(self) -> str:
        return "{}"

    def measure(self, staging: str | None) -> Measured:
        _maybe_fail("measure", self.order)
        time.sleep(self.order.get("wait", 0))
        _meet(self.order.get("meet", 1))
        if "rows" not in self.order:
            return _Measured(self, None, None, replace(self.plan, counts=RowCounts()), staging)
        load = _load(self.environment, self.target, self.order)
        diff = load.measure(staging)
        return _Measured(self, load, diff, replace(self.plan, counts=diff.counts), staging)


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    load: SnapshotLoad | None
    diff: SnapshotDiff | None
    plan: TablePlan
    staging: str | None
    max_event_time: datetime | None = None
    digest: str = ""

    @property
    def changes(self) -> bool:
        return self.diff is not None and self.diff.changes_target

    def write(self) -> RowCounts:
        _maybe_fail("write", self.prepared.order)
        if self.load is None or self.diff is None or self.staging is None:
            raise ValueError("nothing to write")
        self.load.write(self.diff, self.staging)
        return self.diff.counts


def _load(environment: RunEnvironment, target: TableName, order: dict[str, Any]) -> SnapshotLoad:
    from pyspark.sql import functions as F

    from havenlake.tables import SnapshotLoad
    from havenlake.transforms import with_ingest_metadata

    def fingerprint(frame: DataFrame) -> DataFrame:
        return frame.select("*", F.unhex(F.md5(F.coalesce("text", F.lit("")))).alias("_row_hash"))

    listed = [(int(key), text) for key, text in order["rows"].items()]
    return SnapshotLoad(
        store=environment.store,
        target=target,
        source=environment.spark.createDataFrame(listed, "id bigint, text string"),
        identity=("id",),
        hash_column="_row_hash",
        fingerprint=fingerprint,
        payload=_held(order["hold"]) if "hold" in order else lambda frame: frame,
        stamp=with_ingest_metadata(environment.context.run_id, "order", environment.clock.now()),
        on_missing="soft_delete" if "hold" in order else "delete",
        rewrite_up_to=1_000 if "hold" in order else 0,  # written by the very transaction that holds
    )


def _held(folder: str) -> Callable[[DataFrame], DataFrame]:
    """Passes rows on when a file says so, in the midst of the transaction that writes them."""
    from pyspark.sql import functions as F

    number = len(list(Path(folder).glob("attempt-*")))
    (Path(folder) / f"attempt-{number}").touch()

    def hold(text: str) -> str:
        (Path(folder) / f"writing-{number}").touch()
        while not (Path(folder) / f"go-{number}").exists():
            time.sleep(0.02)
        return text

    return lambda frame: frame.withColumn("text", F.udf(hold, "string")("text"))


def _folder(environment: RunEnvironment) -> Path:
    return environment.workspace.root / cast("CopyInput", environment.job.job_input).orders


def _maybe_fail(step: str, order: dict[str, Any]) -> None:
    at, text = order.get("fail", ("", ""))
    if at == step:
        raise SecretiveError(text)


def _meet(tables: int) -> None:
    if tables > 1:
        with _lock:
            barrier = _meetings.setdefault(tables, threading.Barrier(tables))
        barrier.wait(5)
