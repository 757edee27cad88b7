"""Start a deployed Databricks job for chosen tables.

The job runs as its own service principal: whoever starts it needs the right to run it, and neither keys nor rights to
write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from havenlake.errors import HavenlakeError

T = TypeVar("T")
TABLES_PARAMETER = "tables"
"""Name of the job parameter, and so of the widget, that holds the chosen tables, separated by commas."""


@dataclass(frozen=True)
class StartedJob:
    """A run that Databricks has accepted; it may still wait in the job's queue."""

    run_id: int
    page: str
    """Address of the run, for people."""


def deployed_name(workspace: str, job: str) -> str:
    """The name of a job as it is deployed.

    >>> deployed_name("ctl-dev", "full_load_job")
    'ctl-dev-full_load_job'
    """
    return f"{workspace}-{job}"


def start_deployed_job(name: str, tables: Sequence[str] = (), client: Any = None) -> StartedJob:
    """Start the job of this name, for all its tables when none are named.

    `client` is a `WorkspaceClient`; one with the usual authentication is made when it is left out. Raises HL-RUN-011
    when there is not exactly one job of the name, or it cannot be started.
    """
    found = client or _client()
    jobs = _asked(name, lambda: list(found.jobs.list(name=name)))
    if len(jobs) != 1:
        raise _refused(name, f"{len(jobs)} jobs have this name", "deploy the job once, and under this name")
    job_id = jobs[0].job_id
    parameters = {TABLES_PARAMETER: ",".join(tables)} if tables else None
    run_id = _asked(name, lambda: found.jobs.run_now(job_id, job_parameters=parameters).run_id)
    return StartedJob(run_id, f"{str(found.config.host).rstrip('/')}/jobs/{job_id}/runs/{run_id}")


def _asked(name: str, call: Callable[[], T]) -> T:
    """What the workspace answers; the text of a refusal may hold an address or a token, so only its kind is told."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever the client raises
        hint = "check the address of the workspace, and that you may run the job (CAN MANAGE RUN)"
        raise _refused(name, f"the workspace answered {type(error).__name__}", hint) from None


def _client() -> Any:
    try:
        from databricks.sdk import WorkspaceClient
    except ImportError:
        hint = "pip install 'havenlake[databricks]'"
        raise HavenlakeError("HL-ENV-004", "Python package databricks-sdk is missing", hint=hint) from None
    try:
        return WorkspaceClient()
    except ValueError:  # its text lists the settings it found
        hint = "log in with `databricks auth login`, or set DATABRICKS_HOST and DATABRICKS_TOKEN"
        raise HavenlakeError("HL-RUN-011", "no Databricks workspace is configured here", hint=hint) from None


def _refused(name: str, why: str, hint: str) -> HavenlakeError:
    return HavenlakeError("HL-RUN-011", f"job '{name}' cannot be started: {why}", hint=hint)
