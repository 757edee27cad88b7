"""Jobs of a developer's own bundle: the rendered ones, as they are, with what only a developer's copy needs.

`databricks bundle` calls `load_resources`; Terraform deploys every shared workspace from the same files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from databricks.bundles.core import Bundle, Resources
from databricks.bundles.jobs import Job

from havenlake.config.deployment import Deployment
from havenlake.deploy.names import ENTRY_POINT, PACKAGE
from havenlake.runtime.jobs import TABLES_PARAMETER

ROOT = Path(__file__).resolve().parent.parent
FILES = "${workspace.file_path}"
"""Where the bundle puts the developer's files."""
WHEEL = "./dist/*.whl"
"""What `./ci build` has made of the developer's checkout; the bundle uploads it."""
ENVIRONMENT = "havenlake"
VERSION = Deployment.model_fields["serverless_environment"].default


def load_resources(bundle: Bundle) -> Resources:
    """All jobs of the instance that the target is named after."""
    resources = Resources()
    for name, job in own_copy(bundle.target).items():
        resources.add_job(name, Job.from_dict(job))
    return resources


def own_copy(instance: str) -> dict[str, dict[str, Any]]:
    """The rendered jobs, run by the developer, on serverless compute, from their own files and their own wheel."""
    text = (ROOT / "workspaces" / instance / "etl" / "jobs.json").read_text(encoding="utf-8")
    return {name: _own(job) for name, job in json.loads(text)["jobs"].items()}


def _own(job: dict[str, Any]) -> dict[str, Any]:
    """Without the principal and the cluster policies, which a developer may not use."""
    kept = {key: value for key, value in job.items() if key not in ("run_as", "job_clusters")}
    environment = {"environment_key": ENVIRONMENT, "spec": {"environment_version": VERSION, "dependencies": [WHEEL]}}
    tasks = [_task(task) for task in job["tasks"]]
    tags = {**job["tags"], "managed_by": "bundle"}
    return {**kept, "tags": tags, "environments": [environment], "tasks": tasks}


def _task(task: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in task.items() if k not in ("notebook_task", "job_cluster_key", "libraries")}
    if "notebook_task" not in task:
        words = [FILES if word.startswith("/Workspace/") else word for word in task["python_wheel_task"]["parameters"]]
        return {**kept, "python_wheel_task": {**task["python_wheel_task"], "parameters": words}}
    given = task["notebook_task"]["base_parameters"]
    words = ["--root", FILES, "--workspace", given["env"], "--job", given["app_name"]]
    words += ["--tables", "{{job.parameters." + TABLES_PARAMETER + "}}"]
    wheel = {"package_name": PACKAGE, "entry_point": ENTRY_POINT, "parameters": words}
    return {**kept, "python_wheel_task": wheel, "environment_key": ENVIRONMENT}
