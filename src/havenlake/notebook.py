"""The notebook door: widgets, the configuration mapping that an application's `main` takes, and starting jobs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from havenlake.config import find_root, load_project
from havenlake.errors import HavenlakeError
from havenlake.runtime.jobs import TABLES_PARAMETER, deployed_name, start_deployed_job
from havenlake.runtime.logs import set_up_logs
from havenlake.runtime.session import get_spark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from havenlake.api import Project
    from havenlake.config import ConfigNode
    from havenlake.records import RunRecord

ROOT_VARIABLE = "HAVENLAKE_ROOT"
ENV_VARIABLE = "HAVENLAKE_WORKSPACE"
LOCAL_VARIABLE = "HAVENLAKE_LOCAL"
"""Folder to run a deployed workspace's job in on one computer, as `--local` does."""


@dataclass(frozen=True)
class RunnerParameters:
    """What a notebook hands to an application: the jobs file as a read-only mapping, and the session."""

    workspace: str
    app_name: str
    config_yaml: ConfigNode
    spark: SparkSession
    tables: tuple[str, ...] | None = None
    """Tables that the parameter `tables` of the job names; None for all."""


@dataclass(frozen=True)
class StartedRun:
    """A run that a notebook has started: on Databricks with the page to watch it, here with its id in the ledger."""

    run_id: str
    page: str | None = None


def create_widget_for_env(dbutils: Any) -> None:
    """Add the widget `env`: the workspace the notebook works in."""
    names = sorted(p.parent.name for p in (_root() / "workspaces").glob("*/workspace-vars.yaml"))
    default = os.environ.get(ENV_VARIABLE, names[0] if names else "")
    dbutils.widgets.dropdown("env", default, names or [default], "workspace")


def open_project(dbutils: Any) -> Project:
    """The chosen workspace as `havenlake.load` gives it: tables, comments, freshness, and rows as of a run."""
    from havenlake.api import Project

    set_up_logs()
    return Project.open(_root(), workspace=str(dbutils.widgets.get("env")))


def get_parameters_for_runner(dbutils: Any, app_name: str) -> RunnerParameters:
    """Validate the chosen workspace and return its jobs; raises `ConfigErrors` with every error."""
    set_up_logs()
    workspace = str(dbutils.widgets.get("env"))
    document = load_project(_root(), workspace).workspace(workspace).jobs_document
    if document is None:
        raise HavenlakeError("HL-CFG-008", f"workspace {workspace} has no jobs file", hint="choose another workspace")
    return RunnerParameters(workspace, app_name, document, get_spark(), _tables(dbutils))


def run_job(dbutils: Any) -> RunRecord:
    """Run the job that the widget `app_name` names, in the workspace `env`, for the tables of the widget `tables`.

    Raises `RunFailed` when a table did not load, so that the task fails too.
    """
    from havenlake.api import Project

    set_up_logs()
    name, workspace = (str(dbutils.widgets.get(widget)) for widget in ("app_name", "env"))
    project = Project.open(_root(), workspace=workspace, local=os.environ.get(LOCAL_VARIABLE))
    return project.run(name, tables=_tables(dbutils))


def start_job(project: Project, job: str, tables: Sequence[str] = (), client: Any = None) -> StartedRun:
    """Start a job for chosen tables: the deployed one of a deployed workspace, else a run in this process.

    A deployed job runs as its service principal, so that nobody who starts it needs a key. `client` is a
    `WorkspaceClient` of databricks-sdk, made when it is left out. Raises HL-RUN-004 and HL-RUN-005 for a table or job
    that the configuration does not know, HL-RUN-011 when Databricks does not start it.
    """
    from havenlake.runner.application import chosen_tables

    chosen_tables(project.workspace.job(job), tables)
    if project.workspace.vars.warehouse is not None:
        return StartedRun(project.run(job, tables=tables).run_id)
    started = start_deployed_job(deployed_name(project.workspace.vars.name, job), tables, client)
    return StartedRun(str(started.run_id), started.page)


def _tables(dbutils: Any) -> tuple[str, ...] | None:
    """The tables named by a widget; None where there is no such widget, or nothing stands in it."""
    try:
        text = str(dbutils.widgets.get(TABLES_PARAMETER))
    except Exception as error:
        if "InputWidgetNotDefined" not in str(error):
            raise
        return None
    return tuple(name.strip() for name in text.split(",") if name.strip()) or None


def _root() -> Path:
    given = os.environ.get(ROOT_VARIABLE)
    return Path(given) if given else find_root(Path.cwd())
