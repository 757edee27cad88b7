"""Jobs as they are deployed: complete, in order, in the official typed model, and as fresh as the configuration."""

import json
from functools import cache

import pytest
from databricks.bundles.jobs import Job as BundleJob

from havenlake.config import load_project
from havenlake.deploy.jobs import jobs_document
from havenlake.deploy.rendering import as_text, check_fresh, deployed_workspaces, rendered_files, write_files
from havenlake.errors import ConfigErrors, HavenlakeError
from havenlake.runtime.jobs import deployed_name
from tests.deploy.repositories import JOBS, REPOSITORY, VARS, copied, edit, workspace

PROJECT = load_project(REPOSITORY)
DEPLOYED = deployed_workspaces(PROJECT)
LOAD, SILVER = "full_load_job", "bronze_to_silver_job"


@cache
def jobs(name="ctl-prod"):
    return jobs_document(PROJECT.workspace(name))["jobs"]


def changed(tmp_path, *replacements, file=JOBS):
    return jobs_document(workspace(edit(copied(tmp_path), file, *replacements)))["jobs"]


def refused(tmp_path, *replacements):
    with pytest.raises(HavenlakeError, match="HL-DEP-001") as caught:
        changed(tmp_path, *replacements)
    return str(caught.value)


def test_all_five_workspaces_are_deployed_and_the_local_one_is_not():
    assert set(DEPLOYED) == {"ctl-dev", "ctl-prod", "ctl-datascience", "tai-prod", "ctl-eu-prod"}
    with pytest.raises(HavenlakeError, match="HL-DEP-002"):
        rendered_files(PROJECT, "local")


@pytest.mark.parametrize("name", DEPLOYED)
def test_committed_files_are_fresh(name):
    check_fresh(REPOSITORY, rendered_files(PROJECT, name))


def test_a_stale_file_is_refused_and_written_anew(tmp_path):
    root = copied(tmp_path)
    edit(root, JOBS, ("0 0 7,19 * * ?", "0 0 6,18 * * ?"))
    files = rendered_files(load_project(root), "ctl-dev")
    with pytest.raises(HavenlakeError, match=r"HL-DEP-003.*etl/jobs\.json"):
        check_fresh(root, files)
    assert write_files(root, files) == ("workspaces/ctl-dev/etl/jobs.json",)
    check_fresh(root, files)
    assert write_files(root, files) == ()


def test_rendering_twice_gives_the_same_text():
    one, other = (as_text(jobs_document(load_project(REPOSITORY, "tai-prod").workspace("tai-prod"))) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_job_loads_in_the_official_typed_model(name):
    for rendered in jobs(name).values():
        typed = BundleJob.from_dict(rendered)
        shown = json.loads(json.dumps(typed.as_dict()))
        assert shown == without_empty(rendered)


def without_empty(value):
    """The model leaves out what is empty."""
    if isinstance(value, dict):
        return {k: without_empty(v) for k, v in value.items() if v not in ([], {})}
    return [without_empty(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_configured_job_is_deployed_under_the_name_that_start_job_uses(name):
    configured = PROJECT.workspace(name).jobs
    assert {job["name"] for job in jobs(name).values()} == {deployed_name(name, job) for job in configured}
    assert set(jobs(name)) == set(configured)


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_job_has_an_owner_to_run_as_limits_and_tags(name):
    for job in jobs(name).values():
        assert job["run_as"]["service_principal_name"] in ("etl", "maintenance")
        assert job["timeout_seconds"] > job["health"]["rules"][0]["value"] > 0
        assert job["max_concurrent_runs"] == 1
        assert job["tags"]["instance"] == name
        assert job["tags"]["managed_by"] == "terraform"
        assert {t["job_cluster_key"] for t in job["tasks"]} <= {c["job_cluster_key"] for c in job["job_clusters"]}


@pytest.mark.parametrize("name", [n for n in DEPLOYED if PROJECT.workspace(n).vars.ingests])
def test_a_load_runs_several_times_a_day(name):
    hours = jobs(name)[LOAD]["schedule"]["quartz_cron_expression"].split()[2]
    assert len(hours.split(",")) >= 2


def test_a_follower_is_a_task_of_the_job_it_follows_in_the_order_of_stages():
    tasks = jobs()[LOAD]["tasks"]
    assert [task["task_key"] for task in tasks] == [LOAD, SILVER]
    assert tasks[1]["depends_on"] == [{"task_key": LOAD}]
    assert tasks[1]["run_if"] == "ALL_DONE"
    assert jobs()[LOAD]["timeout_seconds"] == 2 * 3 * 3 * 3600


def test_a_follower_can_be_started_alone_and_has_no_schedule():
    alone = jobs()[SILVER]
    assert [task["task_key"] for task in alone["tasks"]] == [SILVER]
    assert alone["tasks"][0]["depends_on"] == []
    assert "schedule" not in alone


def test_a_task_is_a_notebook_under_a_policy_with_the_pinned_wheel():
    task = jobs()[LOAD]["tasks"][0]
    assert task["notebook_task"] == {
        "notebook_path": "/Workspace/Shared/havenlake/ctl-prod/notebooks/run_job",
        "base_parameters": {"env": "ctl-prod", "app_name": LOAD},
    }
    assert task["libraries"] == [
        {"whl": "/Volumes/ctl_prod_operations/havenlake/releases/havenlake-0.1.0-py3-none-any.whl"}
    ]
    assert jobs()[LOAD]["job_clusters"][0]["new_cluster"]["policy_id"] == "etl"


def test_an_instance_runs_the_release_that_it_pins(tmp_path):
    found = changed(tmp_path, ("release: 0.1.0", "release: 0.2.0rc1"), file=VARS)
    assert found[LOAD]["tasks"][0]["libraries"][0]["whl"].endswith("/havenlake-0.2.0rc1-py3-none-any.whl")
    assert found[LOAD]["tags"]["release"] == "0.2.0rc1"


def test_schedules_are_switched_off_by_pausing(tmp_path):
    assert jobs("ctl-dev")[LOAD]["schedule"]["pause_status"] == "UNPAUSED"
    found = changed(tmp_path, ("deployment:\n", "deployment:\n  features: {schedules: false}\n"), file=VARS)
    assert found[LOAD]["schedule"]["pause_status"] == "PAUSED"


SILVER_FLOW = "depends_on: [full_load_job]"


def test_serverless_runs_the_entry_point_of_the_wheel(tmp_path):
    found = changed(tmp_path, (SILVER_FLOW, f"{SILVER_FLOW}\n          compute: serverless"))
    task = found[LOAD]["tasks"][1]
    assert task["python_wheel_task"]["package_name"] == "havenlake"
    assert task["python_wheel_task"]["entry_point"] == "havenlake-job"
    assert task["python_wheel_task"]["parameters"][-2:] == ["--tables", "{{job.parameters.tables}}"]
    keys = [e["environment_key"] for e in found[LOAD]["environments"]]
    assert keys == [task["environment_key"]]
    assert found[SILVER]["job_clusters"] == []
    BundleJob.from_dict(found[LOAD])


def test_tasks_of_a_chain_share_a_cluster_of_the_larger_size(tmp_path):
    found = changed(tmp_path, (SILVER_FLOW, f"{SILVER_FLOW}\n          workers: 8"))
    assert [c["new_cluster"]["autoscale"]["max_workers"] for c in found[LOAD]["job_clusters"]] == [8]


def test_a_notebook_of_the_repository_may_run_the_job(tmp_path):
    found = changed(tmp_path, (SILVER_FLOW, f"{SILVER_FLOW}\n          notebook: notebooks/bronze_to_silver_job.py"))
    path = found[SILVER]["tasks"][0]["notebook_task"]["notebook_path"]
    assert path == "/Workspace/Shared/havenlake/ctl-dev/notebooks/bronze_to_silver_job"


def test_a_job_that_names_an_unknown_notebook_is_told_with_its_line(tmp_path):
    with pytest.raises(ConfigErrors, match=r"ctl-dev-jobs-configs.yaml:\d+:\d+: HL-CFG-008.*notebooks/nope.py"):
        changed(tmp_path, (SILVER_FLOW, f"{SILVER_FLOW}\n          notebook: notebooks/nope.py"))


def test_a_follower_with_a_schedule_of_its_own_is_refused_where_it_stands(tmp_path):
    told = refused(tmp_path, (SILVER_FLOW, f'{SILVER_FLOW}\n          schedule: "0 0 5 * * ?"'))
    assert "ctl-dev-jobs-configs.yaml:55:" in told
    assert "remove one of the two" in told


def test_a_job_that_waits_for_two_schedules_is_refused(tmp_path):
    told = refused(tmp_path, (SILVER_FLOW, "depends_on: [full_load_job, maintain]"))
    assert "different schedules" in told


def test_a_chain_of_two_principals_is_refused(tmp_path):
    told = refused(tmp_path, ('schedule: "0 0 10 ? * SUN"', "depends_on: [bronze_to_silver_job]"))
    assert "run as etl and maintenance" in told


def test_a_schedule_that_never_comes_is_refused(tmp_path):
    assert "'29' is no hour" in refused(tmp_path, ("0 0 7,19 * * ?", "0 0 7,29 * * ?"))
