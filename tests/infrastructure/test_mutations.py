"""Mistakes that a tired engineer might commit; each is stopped, by the tier that stands beside it.

plan: a guard, a validation or the schema refuses. policy: the plan is made, and a rule refuses it.
state: the rendered backend is not as it must be. module: the module's own tests fail. summary: the plan differs from
the reviewed summary. Mistakes in YAML that `havenlake validate` stops have their cases in tests/config/broken.
"""

import json
from dataclasses import dataclass

import pytest

from tests.infrastructure.trees import ROOT, copy_of, edit
from tools.iac import golden, policies, run

pytestmark = pytest.mark.infrastructure


@dataclass(frozen=True)
class Mistake:
    """A replacement in one file, the unit to plan, the tier that stops it, and a word of its message."""

    name: str
    file: str
    old: str
    new: str
    unit: str
    tier: str
    says: str


W, T, U = "workspaces/ctl-dev/", "terraform/", "workspaces/_units/"
JOBS, LATE, VARS = W + "etl/jobs.json", W + "monitoring/data-freshness/monitors.json", W + "workspace-vars.yaml"
CATALOGS = T + "workspace-catalogs/main.tf"
ETL, USERS, DATA, NET = "ctl-dev/etl", "ctl-dev/user-base", "ctl-dev/workspace-catalogs", "ctl-dev/network"
FRESH, STORE = "ctl-dev/monitoring/data-freshness", "ctl-dev/storage"
MISTAKES = [
    Mistake(
        "EU bucket in a US instance",
        VARS,
        "s3://ctl-dev-lake",
        "s3://ctl-eu-prod-lake",
        "ctl-dev",
        "plan",
        "HL-RES-001",
    ),
    Mistake(
        "bucket that nobody declared", VARS, "s3://ctl-dev-lake", "s3://ctl-dev-lake-2", "ctl-dev", "plan", "HL-CFG-016"
    ),
    Mistake("region outside the zone", VARS, "region: us-east-1", "region: eu-west-1", "ctl-dev", "plan", "HL-CFG-013"),
    Mistake("unknown residency", VARS, "zone: us", "zone: usa", "ctl-dev", "plan", "usa"),
    Mistake("misspelt required key", VARS, "workspace_id:", "workspaceid:", NET, "plan", "workspace_id"),
    Mistake(
        "bucket of the zone moved abroad",
        "workspaces/residency-zones.yaml",
        '{place: "s3://ctl-dev-lake", holds: rows, region: us-east-1}',
        '{place: "s3://ctl-dev-lake", holds: rows, region: eu-west-1}',
        "ctl-dev",
        "plan",
        "eu-west-1",
    ),
    Mistake("Datadog site of Europe", VARS, "datadoghq.com", "datadoghq.eu", "ctl-dev", "plan", "HL-CFG-013"),
    Mistake(
        "Datadog address written into the unit",
        U + "monitors.hcl",
        'https://api.${trimprefix(dependency.guard.outputs.places["monitors"], "datadog:")}/',
        "https://api.datadoghq.eu/",
        FRESH,
        "policy",
        "sink",
    ),
    Mistake(
        "host of another workspace",
        U + "compute.hcl",
        'host = "${local.deployment.host}"',
        'host = "https://ctl-prod.databricks.example"',
        "ctl-dev/compute",
        "policy",
        "sink",
    ),
    Mistake(
        "token in a provider",
        U + "etl.hcl",
        'host = "${local.deployment.host}"',
        'host = "${local.deployment.host}"\n      token = "dapi0123456789abcdef0123456789abcdef"',
        ETL,
        "policy",
        "written out",
    ),
    Mistake(
        "token in a job's parameter",
        JOBS,
        '"app_name": "full_load_job"',
        '"app_name": "full_load_job", "token": "dapi0123456789abcdef0123456789abcdef"',
        ETL,
        "policy",
        "secrets",
    ),
    Mistake(
        "ALL PRIVILEGES in the unit",
        U + "workspace-catalogs.hcl",
        '["USE_CATALOG", "USE_SCHEMA", "SELECT"]',
        '["ALL_PRIVILEGES"]',
        DATA,
        "plan",
        "ALL_PRIVILEGES",
    ),
    Mistake(
        "ALL PRIVILEGES to account users in the module",
        CATALOGS,
        'privileges = ["MANAGE", "USE_CATALOG"]\n  }',
        'privileges = ["MANAGE", "USE_CATALOG"]\n  }\n  grant {\n    principal  = "account users"\n    privileges = ["ALL PRIVILEGES"]\n  }',
        DATA,
        "policy",
        "grants",
    ),
    Mistake(
        "catalog not isolated",
        CATALOGS,
        'isolation_mode = "ISOLATED"',
        'isolation_mode = "OPEN"',
        DATA,
        "policy",
        "isolation",
    ),
    Mistake(
        "location opened by somebody's own credential",
        CATALOGS,
        "fallback        = false",
        "fallback        = true",
        DATA,
        "policy",
        "isolation",
    ),
    Mistake(
        "force_destroy of catalogs",
        CATALOGS,
        "force_destroy  = false",
        "force_destroy  = true",
        DATA,
        "policy",
        "destroy",
    ),
    Mistake(
        "bound to a workspace of Canada",
        "workspaces/ctl-prod/terragrunt-shared-settings.hcl",
        "ctl-datascience",
        "tai-prod",
        "ctl-prod/workspace-catalogs",
        "plan",
        "HL-RES-001",
    ),
    Mistake("monitor without owner", LATE, '"owner:data-platform_ctl.example",', "", FRESH, "plan", "owner"),
    Mistake("monitor that calls nobody", LATE, "@data-platform@ctl.example", "", FRESH, "plan", "call somebody"),
    Mistake(
        "monitor of every instance",
        LATE,
        "freshness_ratio{instance:ctl-dev AND ",
        "freshness_ratio{",
        FRESH,
        "plan",
        "instance:ctl-dev",
    ),
    Mistake("threshold unlike the query", LATE, '"critical": 1,', '"critical": 2,', FRESH, "plan", "threshold"),
    Mistake(
        "job without run_as",
        JOBS,
        '"run_as": {\n        "service_principal_name": "etl"\n      },',
        "",
        ETL,
        "plan",
        "run_as",
    ),
    Mistake(
        "job that runs as an unknown principal",
        JOBS,
        '"service_principal_name": "etl"',
        '"service_principal_name": "alice"',
        ETL,
        "plan",
        "alice",
    ),
    Mistake(
        "job under an unknown policy", JOBS, '"policy_id": "etl"', '"policy_id": "elt"', ETL, "plan", "cluster policy"
    ),
    Mistake("job without a tag", JOBS, '"managed_by": "terraform",', "", ETL, "plan", "managed_by"),
    Mistake(
        "warehouse that nobody has asked for",
        T + "compute/variables.tf",
        '"2X-Small")',
        '"Large")',
        "ctl-dev/compute",
        "summary",
        "Large",
    ),
    Mistake(
        "job that can be edited by hand", T + "etl/main.tf", '"UI_LOCKED"', '"EDITABLE"', ETL, "policy", "UI_LOCKED"
    ),
    Mistake("egress open", T + "network/main.tf", '"RESTRICTED_ACCESS"', '"FULL_ACCESS"', NET, "policy", "region"),
    Mistake("egress only tried out", T + "network/main.tf", '"ENFORCED"', '"DRY_RUN"', NET, "policy", "region"),
    Mistake(
        "bucket opened to the public",
        T + "aws-storage/main.tf",
        "block_public_policy     = true",
        "block_public_policy     = false",
        STORE,
        "policy",
        "public",
    ),
    Mistake(
        "key for several regions",
        T + "aws-storage/main.tf",
        "multi_region            = false",
        "multi_region            = true",
        STORE,
        "policy",
        "multi-Region",
    ),
    Mistake("bucket without its owner", T + "aws-storage/main.tf", "owner = var.owner, ", "", STORE, "policy", "tags"),
    Mistake(
        "federation by a branch",
        U + "user-base.hcl",
        ':environment:${local.vars.name}"',
        ':ref:refs/heads/main"',
        USERS,
        "plan",
        "subject",
    ),
    Mistake(
        "lock of the state disabled",
        "workspaces/root.hcl",
        "use_lockfile = true",
        "use_lockfile = false",
        USERS,
        "state",
        "use_lockfile",
    ),
    Mistake(
        "state not encrypted",
        "workspaces/root.hcl",
        "encrypt      = true",
        "encrypt      = false",
        USERS,
        "state",
        "encrypt",
    ),
    Mistake(
        "secret's value through Terraform",
        T + "secrets/main.tf",
        'resource "databricks_secret_acl" "manager" {',
        'resource "databricks_secret" "value" {\n  scope        = "ctl-dev-keys"\n  key          = "k"\n  string_value = "v"\n}\n\nresource "databricks_secret_acl" "manager" {',
        "ctl-dev/secrets",
        "policy",
        "state",
    ),
    Mistake(
        "argument that does not exist",
        T + "compute/main.tf",
        "auto_stop_mins ",
        "auto_stop_minutes ",
        "ctl-dev/compute",
        "plan",
        "auto_stop_minutes",
    ),
    Mistake(
        "value that the service does not know",
        T + "compute/main.tf",
        'warehouse_type            = "PRO"',
        'warehouse_type            = "PROFESSIONAL"',
        "ctl-dev/compute",
        "policy",
        "enumeration",
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_stopped_by_its_tier(tools, mistake, tmp_path):
    root = copy_of(ROOT, tmp_path / "repository")
    edit(root, mistake.file, mistake.old, mistake.new)
    tier, message = stopped(tools, root, mistake.unit, tmp_path / "run")
    assert (tier, mistake.says in message) == (mistake.tier, True), message


def stopped(tools, root, unit, folder):
    """The first tier that stops, and what it says."""
    workspace = unit.split("/")[0]
    planned = run.plan(tools, root, unit, folder)
    if not planned.outcome.ok:
        return "plan", planned.outcome.reason
    broken = policies.check(planned.units, policies.facts(root, workspace), schema_only=True)
    if broken:
        return "policy", "\n".join(map(str, broken))
    backend = run.rendered(tools, root, unit, folder)["remote_state"]["config"]
    if not (backend["use_lockfile"] and backend["encrypt"]):
        return "state", json.dumps(backend)
    below = unit.removeprefix(workspace).strip("/") or "."
    own = {below: next(iter(planned.units.values()))}
    wanted = (ROOT / golden.FOLDER / f"{workspace}.txt").read_text(encoding="utf-8")
    different = [line for line in golden.text(own).splitlines() if line not in wanted.splitlines()]
    return ("summary" if different else "nothing"), "\n".join(different)


def test_the_mistakes_are_those_of_the_documentation():
    page = (ROOT / "docs" / "reference" / "infrastructure.md").read_text(encoding="utf-8")
    assert [m.name for m in MISTAKES if f"| {m.name} | {m.tier} |" not in page] == []
    assert len(MISTAKES) >= 25
