"""Which instances a change touches."""

import pytest

from havenlake.config import load_project
from havenlake.deploy.affected import affected
from havenlake.deploy.rendering import deployed_workspaces
from tests.deploy.repositories import REPOSITORY

ZONES = {"ctl-dev": "us", "ctl-prod": "us", "ctl-datascience": "us", "tai-prod": "ca", "ctl-eu-prod": "eu"}
ALL = tuple(sorted(ZONES))


def test_the_zones_are_the_repositorys():
    project = load_project(REPOSITORY)
    assert {name: project.workspace(name).vars.zone for name in deployed_workspaces(project)} == ZONES


@pytest.mark.parametrize(
    ("paths", "instances"),
    [
        (["workspaces/tai-prod/etl/jobs.json"], ("tai-prod",)),
        (["workspaces/tai-prod/workspace-vars.yaml"], ("tai-prod",)),
        (["jobs-configuration/ctl-prod/ctl-prod-jobs-configs.yaml"], ("ctl-prod",)),
        (["data-assets/ctl-dev/x.yaml", "workspaces/ctl-prod/etl/jobs.json"], ("ctl-dev", "ctl-prod")),
        (["terraform/monitors/main.tf"], ALL),
        (["workspaces/root.hcl"], ALL),
        (["workspaces/_units/etl.hcl"], ALL),
        (["workspaces/residency-zones.yaml"], ALL),
        (["workspaces/_account/us/governance/terragrunt.hcl"], ("ctl-datascience", "ctl-dev", "ctl-prod")),
        (["workspaces/_account/eu/account-vars.yaml"], ("ctl-eu-prod",)),
        (["workspaces/_account/README.md"], ALL),
        ([".github/workflows/instance.yml"], ALL),
        (["ci"], ALL),
        (["notebooks/run_job.py"], ALL),
        (["policies/strict.yaml"], ALL),
        (["workspaces/local/workspace-vars.yaml"], ()),
        (["docs/reference/cli.md", "README.md", "tests/deploy/test_jobs.py", "src/havenlake/api.py"], ()),
        (["workspaces/tai-prod-2/workspace-vars.yaml"], ()),
        (["cities/ctl-prod/x"], ()),
        ([], ()),
    ],
)
def test_a_change_selects_exactly_the_instances_it_touches(paths, instances):
    assert affected(paths, ZONES) == instances
