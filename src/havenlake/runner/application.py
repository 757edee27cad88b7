"""What every application inherits: `main` and `plan`, the same for the CLI, a notebook and Python."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from havenlake.config import job_from_mapping
from havenlake.errors import HavenlakeError
from havenlake.records import Status
from havenlake.runner.environment import LEASE_WAIT_SECONDS, open_environment, place_guard
from havenlake.runner.execute import execute, plan
from havenlake.runner.failures import RunFailed
from havenlake.runtime.clock import SystemClock
from havenlake.runtime.session import get_spark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyspark.sql import SparkSession

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.names import TableName
    from havenlake.records import Clock, RunRecord, TablePlan, TableResult
    from havenlake.runner.environment import RunEnvironment
    from havenlake.runner.execute import Listener
    from havenlake.runner.task import Prepared


class Silent:
    """A listener that says nothing."""

    def started(self, tables: Sequence[str]) -> None:
        """The run begins."""

    def table_started(self, table: str) -> None:
        """A table's turn has come."""

    def table_finished(self, result: TableResult) -> None:
        """A table ended."""

    def finished(self, record: RunRecord) -> None:
        """The run ended."""


class SparkApplication(ABC):
    """An application: turns the tables of a job into table tasks. Subclass it and register it by entry point."""

    layer: ClassVar[str]
    """Layer it writes: bronze, silver, …"""

    @abstractmethod
    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at one table's metadata and say what is to be done."""

    def targets(self, workspace: WorkspaceConfig, job: Job) -> Mapping[str, TableName]:  # noqa: ARG002
        """The tables to work on, by the name of their task: the job's, in its output schema."""
        return {table: job.job_output.name.table(table) for table in job.tables}

    def check(self, environment: RunEnvironment) -> None:  # noqa: B027  optional to override
        """Refuse the whole run before it starts, by raising; nothing to check by default."""

    def main(
        self,
        *,
        spark: SparkSession | None = None,
        workspace: str | None = None,
        root: Path | None = None,
        tables: Sequence[str] | None = None,
        resume: str | None = None,
        **config: Any,
    ) -> RunRecord:
        """Run a job from its configuration mapping, as read by `get_parameters_for_runner`.

        A plain dict needs `workspace`. Returns what happened to each table; raises `RunFailed` when any did not load.
        """
        found, job = job_from_mapping(config, workspace, root)
        return self.run(found, job, spark=spark, tables=tables, resume=resume)

    def run(  # noqa: PLR0913  keyword options of one door
        self,
        workspace: WorkspaceConfig,
        job: Job,
        *,
        spark: SparkSession | None = None,
        tables: Sequence[str] | None = None,
        resume: str | None = None,
        listener: Listener | None = None,
        clock: Clock | None = None,
        accept_real_data: bool = False,
        lease_wait: float = LEASE_WAIT_SECONDS,
    ) -> RunRecord:
        """Run a validated job; see `main`. Waits up to `lease_wait` seconds for a table held by another run."""
        environment = self._environment(
            workspace, job, spark, clock, accept_real_data=accept_real_data, lease_wait=lease_wait
        )
        with closing(environment):
            self.check(environment)
            chosen = chosen_tables(job, tables, environment.targets)
            if resume is not None:
                environment, chosen = _resumed(environment, resume, chosen)
            record = execute(environment, self.prepare, chosen, listener or Silent())
        if record.status in (Status.FAILED, Status.REFUSED):
            raise RunFailed(record)
        return record

    def plan(
        self,
        workspace: WorkspaceConfig,
        job: Job,
        *,
        spark: SparkSession | None = None,
        tables: Sequence[str] | None = None,
        exact: bool = False,
        clock: Clock | None = None,
        accept_real_data: bool = False,
    ) -> tuple[TablePlan, ...]:
        """What `run` would do, table by table; writes nothing. `exact` reads rows and counts them."""
        environment = self._environment(
            workspace, job, spark, clock, accept_real_data=accept_real_data, lease_wait=LEASE_WAIT_SECONDS
        )
        with closing(environment):
            self.check(environment)
            return plan(environment, self.prepare, chosen_tables(job, tables, environment.targets), exact=exact)

    def _environment(
        self,
        workspace: WorkspaceConfig,
        job: Job,
        spark: SparkSession | None,
        clock: Clock | None,
        *,
        accept_real_data: bool,
        lease_wait: float,
    ) -> RunEnvironment:
        time = clock or SystemClock()
        place_guard(workspace, time).check_job(job)  # before a session is opened anywhere
        run_id = f"{time.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        session = spark or get_spark()
        return open_environment(
            session,
            workspace,
            job,
            run_id=run_id,
            attempt=1,
            layer=self.layer,
            clock=time,
            accept_real_data=accept_real_data,
            lease_wait=lease_wait,
            targets=self.targets(workspace, job),
        )


def chosen_tables(
    job: Job, tables: Sequence[str] | None, targets: Mapping[str, TableName] | None = None
) -> tuple[str, ...]:
    """The job's tasks, or those of the tables asked for; HL-RUN-004 for a table that is not the job's."""
    known = targets or {table: job.job_output.name.table(table) for table in job.tables}
    if not tables:
        return tuple(known)
    unknown = [t for t in tables if not any(_is(t, name, target) for name, target in known.items())]
    if unknown:
        raise HavenlakeError(
            "HL-RUN-004",
            f"job {job.name} has no table '{unknown[0]}'",
            hint=f"its tables are: {', '.join(dict.fromkeys(target.table for target in known.values()))}",
        )
    return tuple(dict.fromkeys(n for t in tables for n, target in known.items() if _is(t, n, target)))


def _is(asked: str, name: str, target: TableName) -> bool:
    return asked in (name, target.table)


def _resumed(environment: RunEnvironment, run_id: str, chosen: Sequence[str]) -> tuple[RunEnvironment, tuple[str, ...]]:
    """The next attempt of a run, and the tables it has left."""
    entries = [e for e in environment.ledger.of_run(run_id) if e.context.job == environment.job.name]
    if not entries:
        raise HavenlakeError(
            "HL-RUN-003",
            f"the ledger of {environment.context.workspace} knows no run {run_id} of job {environment.job.name}",
            hint="`havenlake status` lists the runs",
        )
    state: Mapping[str, Status] = {e.result.target: e.result.status for e in entries}
    left = tuple(
        t for t in chosen if str(environment.target(t)) in state and not state[str(environment.target(t))].good
    )
    attempt = max(e.context.attempt for e in entries) + 1
    resumed = replace(environment, context=replace(environment.context, run_id=run_id, attempt=attempt))
    return resumed, left
