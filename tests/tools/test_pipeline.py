"""The steps of the pipeline, and the workflows that call them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import pipeline

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in WORKFLOWS}
PARSED = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = [(name, key, job) for name, flow in PARSED.items() for key, job in flow["jobs"].items()]
INSTANCES = {"ctl-dev", "ctl-prod", "ctl-datascience", "tai-prod", "ctl-eu-prod"}


def git(folder, *words):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of the same instances, with a first commit."""
    for part in ("workspaces", "jobs-configuration", "data-assets", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    monkeypatch.setattr(pipeline, "ROOT", tmp_path)
    return tmp_path


def commit(root, *paths):
    for path in paths:
        with (root / path).open("a") as file:
            file.write("# changed\n")
    git(root, "commit", "-qam", "change")


def test_a_commit_selects_the_instances_that_it_touches(repository):
    commit(repository, "data-assets/tai-prod/tai-prod-platform-db.yaml", "docs/reference/cli.md")
    assert pipeline.selected("push", "HEAD~1", "") == ("tai-prod",)
    commit(repository, "workspaces/residency-zones.yaml")
    assert set(pipeline.selected("push", "HEAD~1", "")) == INSTANCES
    commit(repository, "docs/reference/cli.md")
    assert pipeline.selected("push", "HEAD~1", "") == ()
    assert pipeline.selected("push", "HEAD~3", "ctl-dev") == ("ctl-dev",)


def test_a_file_that_moves_from_one_instance_to_another_selects_both(repository):
    git(repository, "mv", "data-assets/tai-prod/tai-prod-platform-db.yaml", "data-assets/ctl-prod/other.yaml")
    git(repository, "commit", "-qm", "move")
    assert pipeline.changed_files("HEAD~1") == [
        "data-assets/ctl-prod/other.yaml",
        "data-assets/tai-prod/tai-prod-platform-db.yaml",
    ]


@pytest.mark.parametrize(("event", "base"), [("schedule", "HEAD"), ("push", "0" * 40), ("push", "")])
def test_with_nothing_to_compare_all_instances_are_selected(event, base):
    assert set(pipeline.selected(event, base, "")) == INSTANCES


def ci(*words, **variables):
    command = [sys.executable, "-m", "tools.pipeline", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | variables)


def test_the_selection_goes_to_the_next_job(tmp_path):
    done = ci("select", "--only", "tai-prod", GITHUB_OUTPUT=str(tmp_path / "out"))
    assert done.stdout == '["tai-prod"]\n'
    assert (tmp_path / "out").read_text() == 'instances=["tai-prod"]\n'


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("select", "--only", "tai-prd"), 2, "HL-CFG-014"),
        (("plan", "local"), 2, "HL-CFG-014"),
        (("destroy", "tai-prod"), 2, "--unit"),
        (("destroy", "tai-prod", "--unit", "."), 1, "is no unit"),
        (("build", "--tag", "v9.9.9"), 1, "is not the version"),
        (("pinned", "tai-prod", "--wheels", "nowhere"), 1, "no wheel of the release"),
    ],
)
def test_a_step_that_cannot_go_on_says_why(words, code, told):
    done = ci(*words)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr


CHANGELOG = """# Changelog

## [Unreleased]

- new

## [0.2.0] - 2026-12-01

- second

## [0.1.0] - unreleased

- first
"""


def test_a_release_has_its_part_of_the_changelog():
    assert pipeline.changes_of("0.2.0", CHANGELOG) == "- second\n"
    with pytest.raises(pipeline.Stopped, match="no day"):
        pipeline.changes_of("0.1.0", CHANGELOG)
    with pytest.raises(pipeline.Stopped, match="no part"):
        pipeline.changes_of("0.3.0", CHANGELOG)


def test_zizmor_finds_nothing():
    command = [
        Path(sys.executable).parent / "zizmor",
        "--offline",
        "--no-progress",
        "--min-severity",
        "low",
        *WORKFLOWS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings" in done.stdout + done.stderr


def actionlint():
    """The program on the path, else built once from the checksums beside its module; None where neither is possible."""
    if found := shutil.which("actionlint"):
        return Path(found)
    cache = Path(os.environ.get("HAVENLAKE_CACHE", Path.home() / ".cache/havenlake")) / "tools"
    version = re.search(r"rhysd/actionlint (v\S+)", (ROOT / "tools/actionlint/go.mod").read_text())[1]
    target = cache / f"actionlint-{version}"
    if not target.is_file():
        if shutil.which("go") is None:
            return None
        cache.mkdir(parents=True, exist_ok=True)
        command = ["go", "build", "-mod=readonly", "-trimpath", "-o", str(target)]
        command.append("github.com/rhysd/actionlint/cmd/actionlint")
        subprocess.run(command, cwd=ROOT / "tools/actionlint", check=True, capture_output=True)
    return target


if shutil.which("actionlint") or shutil.which("go"):  # the pipeline always has Go; a machine may lack it

    def test_actionlint_finds_nothing():
        program = actionlint()
        assert program is not None
        command = [program, "-no-color", "-shellcheck=", "-pyflakes=", *WORKFLOWS]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("name", TEXTS)
def test_every_action_is_pinned_by_commit_with_its_version(name):
    for use in re.findall(r"uses: (\S+)(?: # (\S+))?", TEXTS[name]):
        assert use[0].startswith("./") or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", use[0]), use
        assert use[0].startswith("./") or re.fullmatch(r"v\d+\.\d+\.\d+", use[1]), use


def test_one_action_has_one_commit_everywhere():
    uses = {use for text in TEXTS.values() for use in re.findall(r"uses: ([\w/-]+@\S+)", text)}
    assert len({use.partition("@")[0] for use in uses}) == len(uses)


@pytest.mark.parametrize(("name", "key", "job"), JOBS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_job_has_no_more_than_it_needs(name, key, job):
    assert PARSED[name]["permissions"] == {}
    rights = job["permissions"]
    writes = {right for right, level in rights.items() if level == "write"}
    assert writes <= ({"contents", "id-token", "attestations"} if key == "publish" else {"id-token"})
    if "uses" not in job:
        assert job["timeout-minutes"] <= 120


def test_secrets_and_identities_are_an_environments():
    for name, _, job in JOBS:
        text = yaml.safe_dump(job)
        if "secrets." in text or ("id-token" in job["permissions"] and "uses" not in job):
            assert job.get("environment"), name
    plan, apply = PARSED["instance.yml"]["jobs"]["plan"], PARSED["instance.yml"]["jobs"]["apply"]
    assert plan["environment"] == "${{ inputs.instance }}-plan"
    assert apply["environment"] == "${{ inputs.instance }}"


def test_instances_are_independent_and_an_apply_is_never_cut_off():
    matrix = PARSED["pipeline.yml"]["jobs"]["instance"]
    assert matrix["strategy"]["fail-fast"] is False
    concurrency = PARSED["instance.yml"]["jobs"]["apply"]["concurrency"]
    assert concurrency == {"group": "instance-${{ inputs.instance }}", "cancel-in-progress": False}
    assert PARSED["instance.yml"]["jobs"]["apply"]["needs"] == "plan"


def test_no_plan_leaves_the_machine_that_made_it():
    for name in ("pipeline.yml", "instance.yml"):
        assert "artifact" not in TEXTS[name]
    assert set(PARSED["instance.yml"]["jobs"]["plan"]["outputs"]) == {"digest", "changed"}


def test_one_status_stands_for_all():
    done = PARSED["pipeline.yml"]["jobs"]["done"]
    assert done["if"] == "always()"
    assert set(done["needs"]) == {"check", "select", "instance"}


@pytest.mark.parametrize(
    ("check", "select", "instance", "good"),
    [
        ("success", "success", "success", True),
        ("success", "success", "skipped", True),
        ("success", "success", "failure", False),
        ("success", "success", "cancelled", False),
        ("failure", "success", "skipped", False),
        ("skipped", "success", "success", False),
        ("success", "failure", "skipped", False),
    ],
)
def test_the_one_status_is_good_only_when_all_went_well(check, select, instance, good):
    (step,) = PARSED["pipeline.yml"]["jobs"]["done"]["steps"]
    results = {"CHECK": check, "SELECT": select, "INSTANCE": instance}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], env=os.environ | results, check=False, capture_output=True)
    assert (done.returncode == 0) is good


def test_every_step_that_the_workflows_call_exists():
    steps = set(pipeline._parser()._subparsers._group_actions[0].choices)
    called = {
        a or b
        for text in TEXTS.values()
        for a, b in re.findall(r"run: \./ci ([a-z]+)|\n +(?:\w+=\"\$\()?\./ci ([a-z]+)", text)
    }
    assert called
    assert called <= steps
    assert {"plan", "drift"} <= steps  # by `step`
