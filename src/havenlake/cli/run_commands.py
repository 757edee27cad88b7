"""`plan`, `run`, `status` and `why`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from havenlake.cli.exits import CHANGES, FAILED, REFUSED, exit_code, told
from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from havenlake.api import Project
    from havenlake.records import RunRecord, TablePlan

WorkspaceOption = Annotated[str, typer.Option("-w", "--workspace", help="Workspace, such as ctl-dev.")]
JobOption = Annotated[str | None, typer.Option("-j", "--job", help="One job; all of them when left out.")]
TableOption = Annotated[list[str] | None, typer.Option("-t", "--table", help="Only these tables; may be repeated.")]
RootOption = Annotated[Path, typer.Option("--root", help="The repository; found upwards from here by default.")]
LocalOption = Annotated[
    Path | None, typer.Option("--local", help="Run in this folder: local warehouse, landing, keys and zone.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the machine form.")]
HoldOption = Annotated[
    bool, typer.Option("--i-hold-this-data", help="Accept landing data that is not marked synthetic.")
]


@told
def plan(
    workspace: WorkspaceOption = "local",
    job: JobOption = None,
    table: TableOption = None,
    exact: Annotated[bool, typer.Option("--exact", help="Read rows and count what would change.")] = False,
    root: RootOption = Path(),
    local: LocalOption = None,
    i_hold_this_data: HoldOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a run would do, table by table; writes nothing. Exit 0 nothing to do, 4 changes."""
    from havenlake.reports.terminal import plan_table

    project = _open(workspace, root, local)
    plans = [
        p
        for name in _jobs(project, job)
        for p in project.plan(name, tables=_of(project, name, table), exact=exact, accept_real_data=i_hold_this_data)
    ]
    _print([p.to_dict() for p in plans] if as_json else plan_table(plans))
    raise typer.Exit(_plan_exit(plans))


@told
def run(  # noqa: PLR0913, PLR0917  # one parameter for each option
    workspace: WorkspaceOption = "local",
    job: JobOption = None,
    table: TableOption = None,
    resume: Annotated[str | None, typer.Option("--resume", help="Id of a run: do only what it has left.")] = None,
    rescrub: Annotated[
        bool, typer.Option("--rescrub", help="Only renew silver's rows that another scrubber or policy has written.")
    ] = False,
    root: RootOption = Path(),
    local: LocalOption = None,
    i_hold_this_data: HoldOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run jobs; one failing table never stops another. Exit 1 when a table failed, 3 when a guard refused."""
    from havenlake.reports.progress import progress
    from havenlake.reports.terminal import summary
    from havenlake.runner import RunFailed

    project = _open(workspace, root, local)
    records: list[RunRecord] = []
    failure: RunFailed | None = None
    for name in _jobs(project, job or _job_of(project, resume), scrubbing=rescrub):
        try:
            with progress(quiet=as_json) as listener:
                records.append(
                    project.run(
                        name,
                        tables=_of(project, name, table),
                        resume=resume,
                        accept_real_data=i_hold_this_data,
                        listener=listener,
                        rescrub=rescrub,
                    )
                )
        except RunFailed as error:
            records.append(error.record)
            failure = failure or error
        if not as_json:
            _print(summary(records[-1]))
    if as_json:
        _print([r.to_dict() for r in records])
    if failure is not None:
        if not as_json:
            sys.stderr.write(f"{failure}\n")
        raise typer.Exit(_run_exit(records))


@told
def status(
    workspace: WorkspaceOption = "local",
    html: Annotated[Path | None, typer.Option("--html", help="Write a self-contained page for people.")] = None,
    root: RootOption = Path(),
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what state every table is in, from the ledger."""
    from havenlake.cli.status_data import current_states, write_status_page
    from havenlake.reports.terminal import drift_table, runs_table, status_table

    project = _open(workspace, root, local)
    states, runs, drift = current_states(project)
    if html is not None:
        write_status_page(project, html)
        sys.stderr.write(f"wrote {html}\n")
    _print([s.to_dict() for s in states] if as_json else status_table(states))
    if drift and not as_json:
        _print(drift_table(drift))
    if runs and not as_json:
        _print(runs_table(runs))


@told
def why(
    table: Annotated[str, typer.Argument(help="Table, such as message.")],
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a table is as it is: last good, first bad, what changed between, what to type."""
    from havenlake.reports.terminal import why_text
    from havenlake.reports.why import why as explained

    loads = [e for e in _open(workspace, root, local).ledger() if not e.context.is_upkeep]
    found = explained(loads, table)
    _print(found.to_dict() if as_json else why_text(found))


def _open(workspace: str, root: Path, local: Path | None) -> Project:
    from havenlake.api import Project
    from havenlake.config import find_root

    return Project.open(find_root(root), workspace=workspace, local=local)


def _jobs(project: Project, job: str | None, *, scrubbing: bool = False) -> tuple[str, ...]:
    from havenlake.applications.rescrub import APP_NAME

    return (job,) if job else tuple(j.name for j in project.jobs if not scrubbing or j.app_name == APP_NAME)


def _job_of(project: Project, resume: str | None) -> str | None:
    """The job of the run to resume, as the ledger remembers it."""
    if resume is None:
        return None
    jobs = [e.context.job for e in project.ledger() if e.context.run_id == resume]
    if not jobs:
        raise HavenlakeError(
            "HL-RUN-003", f"the ledger knows no run {resume}", hint="`havenlake status` lists the runs"
        )
    return jobs[0]


def _of(project: Project, job: str, tables: list[str] | None) -> list[str] | None:
    """The asked tables; with several jobs each takes those it has."""
    if tables is None or len(project.jobs) == 1:
        return tables
    own = set(project.workspace.job(job).tables)
    everywhere = {t for j in project.jobs for t in j.tables}
    return [t for t in tables if t in own or t not in everywhere]


def _plan_exit(plans: Iterable[TablePlan]) -> int:
    from havenlake.records import RENEWED, Mode

    codes = [exit_code(p.error.code) for p in plans if p.error]
    if codes:
        return REFUSED if REFUSED in codes else max(codes)
    renewed = any(change.startswith(RENEWED) for p in plans for change in p.schema_changes)
    quiet = all(p.mode is Mode.SKIP or _unchanged(p) for p in plans)
    return 0 if quiet and not renewed else CHANGES


def _unchanged(plan: TablePlan) -> bool:
    """Whether an exact plan found no row to change; upkeep changes files."""
    from havenlake.records import Mode

    return plan.mode is not Mode.UPKEEP and plan.counts is not None and plan.counts.changed == 0


def _run_exit(records: Iterable[RunRecord]) -> int:
    from havenlake.records import Status

    return FAILED if any(r.status is Status.FAILED for r in records) else REFUSED


def _print(value: Any) -> None:
    from rich.console import Console

    if isinstance(value, (list, dict)):
        sys.stdout.write(json.dumps(value, default=str, indent=2) + "\n")
    else:
        Console(file=sys.stdout).print(value)
