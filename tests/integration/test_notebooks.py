"""The notebooks, executed cell by cell with a `dbutils` that behaves like Databricks'."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from projects import REPOSITORY, Lake

from havenlake.api import Project
from havenlake.errors import HavenlakeError
from havenlake.notebook import StartedRun, start_job
from havenlake.records import Status
from havenlake.synthetic import PlatformDatabase, write_export
from tests.runtime.jobs_server import TOKEN, jobs_server

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# the notebook of the design, with an application that exists in place of one that comes later
DESIGN = """
from havenlake.notebook import create_widget_for_env, get_parameters_for_runner
create_widget_for_env(dbutils)
# COMMAND ----------
from havenlake.applications.full_load import FullLoad
try:
    app_name = dbutils.widgets.get("app_name")
except Exception as e:
    if "InputWidgetNotDefined" in str(e):
        app_name = "full_load_job"
job_params = get_parameters_for_runner(dbutils, app_name)
config = job_params.config_yaml["stages"]["raw_to_landing"]["spark_jobs"]["full_load_job"]
FullLoad().main(**config, spark=job_params.spark)
"""


class Widgets:
    """As on Databricks: a widget that nobody made cannot be read."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def dropdown(self, name: str, default: str, choices: list[str], label: str) -> None:
        assert default in choices
        assert label
        self._values.setdefault(name, default)

    def text(self, name: str, default: str, label: str) -> None:
        assert label
        self._values.setdefault(name, default)

    def set(self, name: str, value: str) -> None:
        """What a person, or a parameter of the job, puts in."""
        self._values[name] = value

    def get(self, name: str) -> str:
        if name not in self._values:
            raise RuntimeError(f"com.databricks.dbutils_v1.InputWidgetNotDefined: No input widget named {name}")
        return self._values[name]


class Dbutils:
    def __init__(self, **values: str) -> None:
        self.widgets = Widgets()
        for name, value in values.items():
            self.widgets.set(name.replace("_", " "), value)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    lake = Lake.create(tmp_path_factory.mktemp("lake"), spark).only_tables("message", "conversation")
    write_export(PlatformDatabase(messages=200), lake.landing, 0)
    return lake


@pytest.fixture
def here(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A notebook's working directory is its own folder in the repository."""
    (lake.root / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(lake.root / "notebooks")
    monkeypatch.delenv("HAVENLAKE_ROOT", raising=False)
    return lake


def _execute(source: str, **values: str) -> dict[str, Any]:
    names: dict[str, Any] = {"dbutils": Dbutils(**values)}
    for cell in source.split("# COMMAND ----------"):
        exec(compile(cell, "<cell>", "exec"), names)  # noqa: S102  what a notebook does
    return names


def test_both_notebooks_run_one_after_the_other(here: Lake) -> None:
    loaded = _execute(Path(REPOSITORY / "notebooks/full_load_job.py").read_text())["result"]
    assert {t.status for t in loaded.tables} == {Status.SUCCEEDED}
    assert here.bronze("message").count() == 200
    cleaned = _execute(Path(REPOSITORY / "notebooks/bronze_to_silver_job.py").read_text())["result"]
    assert {t.status for t in cleaned.tables} == {Status.SUCCEEDED}
    assert here.silver("message").count() == 200


def test_the_notebook_of_the_design_runs_unchanged(here: Lake) -> None:
    _execute(DESIGN)
    assert here.bronze("message").count() == 200


def test_a_plain_dict_must_say_its_workspace(here: Lake) -> None:
    from havenlake.applications.full_load import FullLoad

    job = here.project.workspace.jobs_document["stages"]["raw_to_landing"]["spark_jobs"]["full_load_job"]
    with pytest.raises(HavenlakeError, match="HL-CFG-015"):
        FullLoad().main(**job.plain(), spark=here.spark)
    record = FullLoad().main(**job.plain(), spark=here.spark, workspace="local", root=here.root)
    assert {t.status for t in record.tables} == {Status.UNCHANGED}


def test_the_configuration_mapping_is_read_only_and_knows_its_place(here: Lake) -> None:
    job = here.project.workspace.jobs_document["stages"]["raw_to_landing"]["spark_jobs"]["full_load_job"]
    with pytest.raises(TypeError):
        job["app_name"] = "other"
    assert job.origin.workspace == "local"
    assert str(job.origin.position).startswith("jobs-configuration/local/local-jobs-configs.yaml:")


def _notebook(name: str, **values: str) -> dict[str, Any]:
    return _execute((REPOSITORY / "notebooks" / f"{name}.py").read_text(), **values)


def test_a_parameter_of_the_job_chooses_tables(here: Lake) -> None:
    record = _notebook("full_load_job", tables="message")["result"]
    assert [t.table for t in record.tables] == ["message"]
    assert len(_notebook("full_load_job", tables="")["result"].tables) == 2


def test_the_explorers_notebook_shows_tables_comments_and_rows_as_of_a_run(
    here: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    _notebook("full_load_job")
    _notebook("bronze_to_silver_job")
    names = _notebook("explore_silver", table="message")
    assert set(names["silver"]) == {"message", "conversation"}
    comments = {column.name: column.comment for column in names["columns"]}
    assert comments["message"] == "Scrubbed of personal details, by policy default."
    assert all(comments.values())
    assert names["rows"].count() == 200
    assert names["started"] is None
    told = capsys.readouterr().out
    assert "up to date" in told
    assert f"200 rows as of {names['run']}" in told


def test_in_a_local_workspace_the_explorers_notebook_runs_the_job_here(here: Lake) -> None:
    started = _notebook("explore_silver", table="message", start_the_job="yes")["started"]
    assert started.page is None
    entries = [e for e in here.project.ledger() if e.context.run_id == started.run_id]
    assert {e.result.table for e in entries} == {"message"}


def test_in_a_deployed_workspace_the_job_is_started_there(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.open(REPOSITORY, workspace="ctl-dev")
    with jobs_server({7: "ctl-dev-bronze_to_silver_job"}) as server:
        monkeypatch.setenv("DATABRICKS_HOST", server.host)
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        started = start_job(project, "bronze_to_silver_job", ["message"])
        assert server.started == [{"job_id": 7, "job_parameters": {"tables": "message"}}]
        assert started == StartedRun("4711", f"{server.host}/jobs/7/runs/4711")
        with pytest.raises(HavenlakeError, match="HL-RUN-004"):
            start_job(project, "bronze_to_silver_job", ["no_such_table"])
        with pytest.raises(HavenlakeError, match="HL-RUN-005"):
            start_job(project, "no_such_job")
        assert len(server.started) == 1
