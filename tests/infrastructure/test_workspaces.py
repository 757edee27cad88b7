"""The tree of workspaces agrees with itself: units, zones, lent catalogs, and the names that jobs use."""

import json
import re

import pytest
import yaml

from tests.infrastructure.trees import ROOT
from tools.iac import run

FOLDER = ROOT / "workspaces"
WORKSPACES = run.workspaces(ROOT)
UNITS = {
    "": "residency-guard",
    "compute": "compute",
    "etl": "etl",
    "monitoring/data-freshness": "monitors",
    "monitoring/failed-tables": "monitors",
    "monitoring/logs-monitor": "monitors",
    "monitoring/residency": "monitors",
    "network": "network",
    "secrets": "secrets",
    "storage": "storage",
    "user-base": "user-base",
    "workspace-catalogs": "workspace-catalogs",
}
TWO_INCLUDES = """include "root" {{
  path = find_in_parent_folders("root.hcl")
}}

include "unit" {{
  path = find_in_parent_folders("_units/{unit}.hcl")
}}
"""


def record(name):
    return yaml.safe_load((FOLDER / name / "workspace-vars.yaml").read_text(encoding="utf-8"))


ZONES = yaml.safe_load((FOLDER / "residency-zones.yaml").read_text(encoding="utf-8"))["zones"]


def test_every_workspace_with_a_deployment_is_deployed_and_no_other():
    named = {
        path.parent.name for path in FOLDER.glob("*/workspace-vars.yaml") if "deployment" in record(path.parent.name)
    }
    assert named == set(WORKSPACES)


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_workspace_has_all_units_and_each_is_two_includes(name):
    files = {str(p.parent.relative_to(FOLDER / name)): p for p in (FOLDER / name).rglob("terragrunt.hcl")}
    assert files.keys() == {unit or "." for unit in UNITS}
    for unit, module in UNITS.items():
        assert files[unit or "."].read_text(encoding="utf-8") == TWO_INCLUDES.format(unit=module), unit


@pytest.mark.parametrize("file", sorted(FOLDER.glob("_units/*.hcl")), ids=lambda path: path.stem)
def test_a_unit_uses_a_module_that_exists_and_mocks_no_apply(file):
    text = file.read_text(encoding="utf-8")
    (module,) = re.findall(r'source = "\$\{local.workspaces\}/..//terraform/([a-z-]+)"', text)
    assert (ROOT / "terraform" / module).is_dir()
    allowed = re.findall(r"mock_outputs_allowed_terraform_commands = (\[.*\])", text)
    assert {tuple(json.loads(one)) for one in allowed} <= {("init", "validate", "plan")}
    assert len(allowed) == text.count("mock_outputs ")


@pytest.mark.parametrize("zone", [path.parent.name for path in sorted(FOLDER.glob("_account/*/account-vars.yaml"))])
def test_state_of_a_zone_lies_in_the_zone_beside_no_rows(zone):
    shared = yaml.safe_load((FOLDER / "_account" / zone / "account-vars.yaml").read_text(encoding="utf-8"))
    state = shared["state"]
    (place,) = [p for p in ZONES[zone]["places"] if p["place"] == f"s3://{state['bucket']}"]
    assert (shared["zone"], place["holds"], place["region"]) == (zone, "telemetry", state["region"])
    assert state["region"] in ZONES[zone]["regions"]
    assert f":kms:{state['region']}:" in state["kms_key"]
    assert re.fullmatch(r"[^/@]+@\d+/[^/@]+@\d+", shared["pipeline"]["repository"])


def test_every_zone_with_a_workspace_has_its_shared_record():
    zones = {record(name)["zone"] for name in WORKSPACES}
    assert zones == {path.parent.name for path in FOLDER.glob("_account/*/account-vars.yaml")}


def test_a_catalog_is_lent_to_exactly_those_that_read_it():
    owners = {catalog: name for name in WORKSPACES for catalog in own_catalogs(name).values()}
    wanted = {(owners[c], layer_of(owners[c], c), name) for name in WORKSPACES for c in borrowed(name)}
    found = set()
    for file in FOLDER.glob("*/terragrunt-shared-settings.hcl"):
        for layer, names in re.findall(r"(\w+) = (\[[^\]]*\])", file.read_text(encoding="utf-8")):
            found |= {(file.parent.name, layer, name) for name in json.loads(names)}
    assert found == wanted


def borrowed(name):
    return record(name).get("read_only_catalogs", [])


def own_catalogs(name):
    return {layer: c for layer, c in record(name)["catalogs"].items() if c not in borrowed(name)}


def layer_of(name, catalog):
    return next(layer for layer, c in own_catalogs(name).items() if c == catalog)


@pytest.mark.parametrize("name", WORKSPACES)
def test_jobs_name_principals_and_policies_that_units_make(name):
    users = (FOLDER / "_units" / "user-base.hcl").read_text(encoding="utf-8")
    policies = {path.stem for path in (ROOT / "terraform" / "compute" / "policies").glob("*.json")}
    for key, job in json.loads((FOLDER / name / "etl" / "jobs.json").read_text(encoding="utf-8"))["jobs"].items():
        assert re.search(rf"^    {job['run_as']['service_principal_name']} += \{{", users, re.MULTILINE), key
        assert {cluster["new_cluster"]["policy_id"] for cluster in job["job_clusters"]} <= policies, key
