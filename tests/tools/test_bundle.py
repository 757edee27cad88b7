"""A developer's copy is made of the same files, and never of a shared workspace's."""

from pathlib import Path

import yaml
from databricks.bundles.core import Bundle

from havenlake.config import load_project
from havenlake.deploy.jobs import jobs_document
from tools.bundle import load_resources, own_copy

ROOT = Path(__file__).parents[2]
BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text())


def test_every_target_is_a_developers_copy_of_a_development_instance():
    for name, target in BUNDLE["targets"].items():
        facts = load_project(ROOT, name).workspace(name).vars
        assert target["mode"] == "development"
        assert facts.environment == "dev"
        assert target["workspace"]["host"] == facts.deployment.host
        assert "run_as" not in target


def test_the_copy_holds_the_rendered_jobs_in_the_typed_model():
    found = load_resources(Bundle(target="ctl-dev")).jobs
    deployed = jobs_document(load_project(ROOT, "ctl-dev").workspace("ctl-dev"))["jobs"]
    assert set(found) == set(deployed)
    for name, job in found.items():
        assert [task.task_key for task in job.tasks] == [task["task_key"] for task in deployed[name]["tasks"]]


def test_the_copy_runs_as_the_developer_from_the_developers_files_and_wheel():
    for name, job in own_copy("ctl-dev").items():
        assert not {"run_as", "job_clusters"} & set(job)
        assert job["tags"]["managed_by"] == "bundle"
        assert job["environments"][0]["spec"]["dependencies"] == ["./dist/*.whl"]
        for task in job["tasks"]:
            words = task["python_wheel_task"]["parameters"]
            given = dict(zip(words[::2], words[1::2], strict=True))
            assert given["--root"] == "${workspace.file_path}"
            assert given["--workspace"] == "ctl-dev"
            assert given["--job"] == task["task_key"]
            assert task["environment_key"] == job["environments"][0]["environment_key"]
        assert "/Workspace/Shared" not in str(job), name


def test_the_function_that_the_bundle_calls_is_there():
    (target,) = BUNDLE["python"]["resources"]
    module, _, name = target.partition(":")
    assert (module, name) == ("tools.bundle", load_resources.__name__)
