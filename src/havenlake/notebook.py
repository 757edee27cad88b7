"""The notebook door: widgets, and the configuration mapping that an application's `main` takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from havenlake.config import find_root, load_project
from havenlake.errors import HavenlakeError
from havenlake.runtime.logs import set_up_logs
from havenlake.runtime.session import get_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from havenlake.config import ConfigNode

ROOT_VARIABLE = "HAVENLAKE_ROOT"
ENV_VARIABLE = "HAVENLAKE_WORKSPACE"


@dataclass(frozen=True)
class RunnerParameters:
    """What a notebook hands to an application: the jobs file as a read-only mapping, and the session."""

    workspace: str
    app_name: str
    config_yaml: ConfigNode
    spark: SparkSession


def create_widget_for_env(dbutils: Any) -> None:
    """Add the widget `env`: the workspace the notebook works in."""
    names = sorted(p.parent.name for p in (_root() / "workspaces").glob("*/workspace-vars.yaml"))
    default = os.environ.get(ENV_VARIABLE, names[0] if names else "")
    dbutils.widgets.dropdown("env", default, names or [default], "workspace")


def get_parameters_for_runner(dbutils: Any, app_name: str) -> RunnerParameters:
    """Validate the chosen workspace and return its jobs; raises `ConfigErrors` with every error."""
    set_up_logs()
    workspace = str(dbutils.widgets.get("env"))
    document = load_project(_root(), workspace).workspace(workspace).jobs_document
    if document is None:
        raise HavenlakeError("HL-CFG-008", f"workspace {workspace} has no jobs file", hint="choose another workspace")
    return RunnerParameters(workspace, app_name, document, get_spark())


def _root() -> Path:
    given = os.environ.get(ROOT_VARIABLE)
    return Path(given) if given else find_root(Path.cwd())
