"""Where things lie in a deployed workspace, and the logical names that Terraform maps to ids."""

from __future__ import annotations

from typing import Final

from havenlake.config.jobs import Stage
from havenlake.errors import HavenlakeError

PACKAGE: Final = "havenlake"
ENTRY_POINT: Final = "havenlake-job"
"""Console script that a wheel task calls; it returns instead of leaving the interpreter."""
NOTEBOOK: Final = "notebooks/run_job.py"
"""The notebook that runs any job by its name."""
PRINCIPALS: Final[dict[Stage, str]] = {
    "raw_to_landing": "etl",
    "bronze_to_silver": "etl",
    "maintenance": "maintenance",
    "monitoring": "maintenance",
}
"""Service principal that a job of a stage runs as: one that loads, one that looks after what was loaded."""


def wheel_name(release: str) -> str:
    """File name of a released wheel.

    >>> wheel_name("0.1.0")
    'havenlake-0.1.0-py3-none-any.whl'
    """
    return f"{PACKAGE}-{release}-py3-none-any.whl"


def check_wheel(name: str, release: str) -> None:
    """HL-DEP-008 for a wheel of another version than the instance pins."""
    if name != wheel_name(release):
        hint = f"the instance pins {wheel_name(release)}; change 'deployment.release' first"
        raise HavenlakeError("HL-DEP-008", f"'{name}' is not the wheel of release {release}", hint=hint)


def wheel_path(operations: str, release: str) -> str:
    """Where the wheel of a release lies, in a Volume of the instance's own operations catalog."""
    return f"/Volumes/{operations}/{PACKAGE}/releases/{wheel_name(release)}"


def repository_path(workspace: str) -> str:
    """Where the instance's copy of configuration and notebooks lies: what `find_root` finds from a notebook."""
    return f"/Workspace/Shared/{PACKAGE}/{workspace}"


def notebook_path(workspace: str, notebook: str) -> str:
    """Path of a notebook as Databricks names it: without its suffix.

    >>> notebook_path("ctl-dev", "notebooks/run_job.py")
    '/Workspace/Shared/havenlake/ctl-dev/notebooks/run_job'
    """
    return f"{repository_path(workspace)}/{notebook.removesuffix('.py')}"
