"""Freshness: looks at the ledger and tells how old every table is. A job of its own: a dead one cannot tell of itself.

One task, which reads records and no rows: the age of each table's last good load, changed or not, and of the newest
event it met, each against its objective. What has become late since the last look, and what is late no more, is told
once; the ratios are told every time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from pyspark.sql import functions as F

from havenlake.applications.key_needs import key_rows
from havenlake.config.expectations import Expectation, expectations
from havenlake.monitoring.freshness import (
    Known,
    TableAge,
    age_events,
    age_items,
    age_points,
    alert_text,
    table_ages,
    turns,
)
from havenlake.monitoring.points import common_tags, instance_tags
from havenlake.monitoring.signals import Notice, Signal, point
from havenlake.monitoring.volume import breaches
from havenlake.names import TableName
from havenlake.records import UPKEEP, LedgerEntry, Mode, RowCounts, TablePlan
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.tables.ledger import last_good

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.config.job_inputs import FreshnessInput
    from havenlake.runner import Measured, Prepared

TASK = "freshness"
RECENT = timedelta(days=45)
"""How far back the ledger is read at first; for tables that are not found there it is read whole."""


class Freshness(SparkApplication):
    """`app_name: freshness_job`."""

    layer: ClassVar[str] = UPKEEP

    def targets(self, workspace: WorkspaceConfig, job: Job) -> Mapping[str, TableName]:  # noqa: ARG002
        """One task, which writes no table; its name in the ledger tells when it looked last."""
        return {TASK: TableName(workspace.vars.catalogs.operations, "havenlake", TASK)}

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Read the ledger and compute ages."""
        now = environment.clock.now()
        expected = expectations(environment.workspace)
        entries = _loads(environment, expected)
        ages = table_ages(expected, _known(entries), now)
        looked = environment.last_look
        before = table_ages(expected, _known([e for e in entries if e.recorded_at <= looked]), looked) if looked else ()
        late = [alert_text(age) for age in ages if age.late]
        plan = TablePlan(
            table=table,
            target=str(environment.target(table)),
            mode=Mode.WATCH,
            source=f"ledger: {len(expected)} tables",
            counts=RowCounts(),
            notes=tuple(late),
        )
        return _Task(environment, plan, now, tuple(expected), ages, *turns(before, ages), tuple(entries))


def _loads(environment: RunEnvironment, expected: Sequence[Expectation]) -> list[LedgerEntry]:
    """Good loads of the expected tables; older ones only of those that were not loaded lately."""
    good = F.col("status").isin("succeeded", "unchanged") & (F.col("layer") != UPKEEP)
    since = environment.clock.now() - RECENT
    found = list(environment.ledger.entries(good & (F.col("recorded_at") >= F.lit(since))))
    there = {e.result.target for e in found}
    missing = [str(e.target) for e in expected if str(e.target) not in there]
    older = environment.ledger.entries(good & F.col("target").isin(missing)) if missing else ()
    return [*older, *found]


def _known(entries: Sequence[LedgerEntry]) -> dict[str, Known]:
    """What is known of each target by its last good load."""
    newest: dict[str, datetime] = {}
    for entry in entries:
        if (event := entry.result.max_event_time) is not None:
            newest[entry.result.target] = max(newest.get(entry.result.target, event), event)
    last = last_good(entries)
    return {name: Known(e.result.finished_at or e.recorded_at, newest.get(name)) for name, e in last.items()}


@dataclass(frozen=True)
class _Task:
    """`Prepared` and `Measured` in one: looking is all there is to do, telling is the writing."""

    environment: RunEnvironment
    plan: TablePlan
    now: datetime
    expected: tuple[Expectation, ...]
    ages: tuple[TableAge, ...]
    stale: tuple[TableAge, ...]
    fresh: tuple[TableAge, ...]
    entries: tuple[LedgerEntry, ...]
    contract: str = ""
    schema: str = ""
    max_event_time: datetime | None = None
    digest: str = ""
    changes: bool = True

    def measure(self, staging: str | None) -> Measured:  # noqa: ARG002  nothing is staged
        return self

    def write(self) -> RowCounts:
        context = self.environment.context
        signals: list[Signal] = [*age_points(context, self.ages, self.now), *self._volumes()]
        signals += age_events(context, self.stale, self.fresh, self.now)
        if items := age_items(context, self.stale, self.fresh):
            signals.append(Notice(self.now, context.workspace, context.environment, context.job, context.run_id, items))
        self.environment.telemetry.emit(signals)
        if cast("FreshnessInput", self.environment.job.job_input).count_keys:
            self.environment.telemetry.emit(self._keys())
        return RowCounts()

    def _volumes(self) -> Iterator[Signal]:
        """Whether the last two snapshots that were read had normal numbers of rows; bronze reads whole snapshots."""
        context = self.environment.context
        for e in (e for e in self.expected if e.asset.volume and e.layer == "bronze"):
            sizes = [x.result.counts.read for x in self.entries if x.result.target == str(e.target)]
            read = [n for n in sizes if n]
            if e.asset.volume and read:
                breach = breaches(e.asset.volume, read[-1], read[-2] if len(read) > 1 else None)
                tags = {**instance_tags(context), "layer": e.layer, "table": e.table}
                yield point("havenlake.table.volume_breach", breach, self.now, **tags)

    def _keys(self) -> Iterator[Signal]:
        environment = self.environment
        counted = key_rows(environment.workspace, environment.store, environment.ledger.entries())
        layers = {str(e.target): e.layer for e in self.expected}
        for target, rows in counted.items():
            context = replace(environment.context, layer=layers.get(target, environment.context.layer))
            for key_id, number in rows.items():
                yield point("havenlake.keys.values", number, self.now, **common_tags(context, target), key_id=key_id)
