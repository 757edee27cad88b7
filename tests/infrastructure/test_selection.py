"""A change selects the units it touches and no others."""

import shutil
import subprocess

import pytest

from tests.infrastructure.trees import ROOT, copy_of, edit
from tools.iac import run

pytestmark = pytest.mark.infrastructure
OFFLINE_GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    root = copy_of(ROOT, tmp_path_factory.mktemp("selection") / "repository")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "as it is"]):
        subprocess.run([*OFFLINE_GIT, *command], cwd=root, check=True)
    return root


@pytest.fixture
def change(tools, repository, tmp_path):
    def changed(file, old, new):
        edit(repository, file, old, new)
        subprocess.run([*OFFLINE_GIT, "commit", "-qam", "change"], cwd=repository, check=True)
        try:
            return run.selected(tools, repository, "HEAD~1", tmp_path)
        finally:
            subprocess.run([*OFFLINE_GIT, "reset", "-q", "--hard", "HEAD~1"], cwd=repository, check=True)

    return changed


def units_of(workspace):
    return sorted(
        str(path.parent.relative_to(ROOT / "workspaces"))
        for path in (ROOT / "workspaces" / workspace).rglob("terragrunt.hcl")
        if ".terragrunt-cache" not in path.parts
    )


def test_the_record_of_a_workspace_selects_its_units_only(change):
    assert change("workspaces/tai-prod/workspace-vars.yaml", "country: CA", "country: CA # Canada") == units_of(
        "tai-prod"
    )


def test_rendered_jobs_select_the_jobs_of_their_workspace(change):
    found = change("workspaces/ctl-dev/etl/jobs.json", '"format": 1', '"format":  1')
    assert found == ["ctl-dev/etl"]


def test_a_module_selects_exactly_its_users(change):
    found = change("terraform/monitors/main.tf", "include_tags        = true", "include_tags        = false")
    users = [unit for name in run.workspaces(ROOT) for unit in units_of(name) if "/monitoring/" in unit]
    assert found == sorted(users)


def test_the_zones_select_what_reads_them(change):
    found = change("workspaces/residency-zones.yaml", "description: Canada", "description: The country of Canada")
    names = run.workspaces(ROOT)
    assert found == sorted([*names, *(f"{name}/network" for name in names)])


def test_the_root_selects_everything(change):
    found = change("workspaces/root.hcl", "-lock-timeout=10m", "-lock-timeout=15m")
    everything = [unit for name in run.workspaces(ROOT) for unit in units_of(name)]
    accounts = [f"_account/{zone}/governance" for zone in ("ca", "eu", "us")]
    assert found == sorted(everything + accounts)


def test_a_page_of_the_documentation_selects_nothing(change, repository):
    shutil.copy(ROOT / "README.md", repository / "README.md")
    subprocess.run([*OFFLINE_GIT, "add", "README.md"], cwd=repository, check=True)
    subprocess.run([*OFFLINE_GIT, "commit", "-qm", "readme"], cwd=repository, check=True)
    assert change("README.md", "# Havenlake", "# The Havenlake") == []
