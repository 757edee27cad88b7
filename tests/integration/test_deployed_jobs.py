"""What is deployed runs: every task of the rendered jobs, executed here as Databricks would, on invented data."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_notebooks import Dbutils

from havenlake.api import Project
from havenlake.config import load_project
from havenlake.deploy.jobs import jobs_document
from havenlake.deploy.names import ENTRY_POINT, repository_path
from havenlake.privacy import KEYRING_FILE, Keyring
from havenlake.records import Status
from havenlake.synthetic import PlatformDatabase, write_export
from tests.deploy.repositories import JOBS, REPOSITORY, copied, edit

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WORKSPACE = "ctl-dev"
TABLES = ("conversation", "message", "texter")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data where the workspace's exports would arrive, in a folder that stands for the cloud."""
    folder = tmp_path_factory.mktemp("cloud")
    Keyring.create_file(folder / KEYRING_FILE, "local")
    write_export(PlatformDatabase(messages=200), folder / "landing/ctl-dev-landing/platformdb", 0)
    return folder


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy that is shipped, with silver on serverless compute, so that tasks of both kinds run."""
    root = copied(tmp_path_factory.mktemp("repository"))
    flow = "depends_on: [full_load_job]"
    return edit(root, JOBS, (flow, f"{flow}\n          compute: serverless"))


class Databricks:
    """Runs the tasks of a rendered job in their order; the repository's copy and the lake stand in for the cloud."""

    def __init__(self, repository: Path, lake: Path) -> None:
        self._repository = repository
        self._lake = lake

    def run(self, job: dict[str, Any], **parameters: str) -> list[str]:
        """The keys of the tasks that were run."""
        given = {p["name"]: p["default"] for p in job["parameters"]} | parameters
        done: list[str] = []
        for task in job["tasks"]:
            assert {d["task_key"] for d in task["depends_on"]} <= set(done)
            self._task(task, given)
            done.append(task["task_key"])
        return done

    def _task(self, task: dict[str, Any], given: dict[str, str]) -> None:
        if "notebook_task" in task:
            notebook = self._here(task["notebook_task"]["notebook_path"]).with_suffix(".py")
            names = {"dbutils": Dbutils(**task["notebook_task"]["base_parameters"], **given)}
            names["dbutils"].widgets.set("app_name", task["notebook_task"]["base_parameters"]["app_name"])
            for cell in notebook.read_text().split("# COMMAND ----------"):
                exec(compile(cell, str(notebook), "exec"), names)  # noqa: S102  what a notebook does
            return
        wheel = task["python_wheel_task"]
        assert wheel["entry_point"] == ENTRY_POINT
        words = [word.replace("{{job.parameters.tables}}", given["tables"]) for word in wheel["parameters"]]
        words = [str(self._here(word)) if word.startswith("/Workspace/") else word for word in words]
        entry_point()([*words, "--local", str(self._lake)])

    def _here(self, path: str) -> Path:
        return self._repository / Path(path).relative_to(repository_path(WORKSPACE))


def entry_point() -> Any:
    """The function behind the console script, as the wheel's own metadata names it."""
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return EntryPoint(ENTRY_POINT, project["scripts"][ENTRY_POINT], "console_scripts").load()


def test_the_tasks_of_every_job_run_one_after_the_other(
    repository: Path, lake: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAVENLAKE_ROOT", str(repository))
    monkeypatch.setenv("HAVENLAKE_LOCAL", str(lake))
    jobs = jobs_document(load_project(repository, WORKSPACE).workspace(WORKSPACE))["jobs"]
    watching = ("freshness_job", "residency_audit_job")
    assert set(jobs) == {"full_load_job", "bronze_to_silver_job", "maintain", *watching}
    cloud = Databricks(repository, lake)
    assert cloud.run(jobs["full_load_job"], tables=",".join(TABLES)) == ["full_load_job", "bronze_to_silver_job"]
    project = Project(Project.open(repository, workspace=WORKSPACE, local=lake).workspace, spark)
    for table in TABLES:
        rows = project.table(f"ctl_dev_bronze.platformdb.{table}").count()
        assert rows > 0
        assert project.table(f"ctl_dev_silver.platformdb.{table}").count() == rows
    assert cloud.run(jobs["bronze_to_silver_job"], tables="message") == ["bronze_to_silver_job"]
    assert cloud.run(jobs["maintain"], tables=",".join(TABLES)) == ["maintain"]
    for job in watching:  # they look at all tables, also at those that have never been loaded
        assert cloud.run(jobs[job]) == [job]
    ended = [e for e in project.ledger() if e.result.status is not Status.RUNNING]
    assert {e.context.job for e in ended} == set(jobs)
    assert all(e.result.status.good for e in ended)


def test_committed_jobs_name_nothing_that_the_copy_lacks(repository: Path) -> None:
    """Every path in a committed file leads to a file of the repository."""
    for file in (REPOSITORY / "workspaces").glob("*/etl/jobs.json"):
        workspace = file.parts[-3]
        for job in json.loads(file.read_text())["jobs"].values():
            for task in job["tasks"]:
                if "notebook_task" in task:
                    path = Path(task["notebook_task"]["notebook_path"]).relative_to(repository_path(workspace))
                    assert (repository / path).with_suffix(".py").is_file()
