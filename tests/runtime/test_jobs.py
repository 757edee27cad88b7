"""Starting a deployed job, against a server on this machine that speaks the Jobs API to the real client."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient

from havenlake.errors import HavenlakeError
from havenlake.runtime.jobs import start_deployed_job
from tests.runtime.jobs_server import TOKEN, JobsServer, jobs_server


def client(server: JobsServer) -> WorkspaceClient:
    return WorkspaceClient(host=server.host, token=TOKEN)


def test_the_job_of_the_name_is_started_for_chosen_tables():
    with jobs_server({7: "ctl-dev-full_load_job", 8: "ctl-dev-other"}) as server:
        started = start_deployed_job("ctl-dev-full_load_job", ["message", "texter"], client(server))
        assert server.started == [{"job_id": 7, "job_parameters": {"tables": "message,texter"}}]
        assert started.run_id == 4711
        assert started.page == f"{server.host}/jobs/7/runs/4711"


def test_without_tables_the_job_takes_all_of_its_own():
    with jobs_server({7: "j"}) as server:
        start_deployed_job("j", client=client(server))
        assert server.started == [{"job_id": 7}]


def test_settings_come_from_the_environment(monkeypatch):
    with jobs_server({7: "j"}) as server:
        monkeypatch.setenv("DATABRICKS_HOST", server.host)
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        assert start_deployed_job("j").run_id == 4711


@pytest.mark.parametrize("jobs", [{}, {7: "j", 8: "j"}])
def test_not_exactly_one_job_is_refused(jobs):
    with jobs_server(jobs) as server:
        with pytest.raises(HavenlakeError, match=f"HL-RUN-011 .*{len(jobs)} jobs have this name"):
            start_deployed_job("j", client=client(server))
        assert server.started == []


def test_a_refusal_is_told_without_the_servers_words():
    with jobs_server({7: "j"}, forbidden=True) as server:
        with pytest.raises(HavenlakeError, match=r"HL-RUN-011 .*PermissionDenied") as caught:
            start_deployed_job("j", client=client(server))
        assert TOKEN not in str(caught.value)


def test_without_a_workspace_there_is_nothing_to_start(monkeypatch, tmp_path):
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(HavenlakeError, match="HL-RUN-011"):
        start_deployed_job("j")
