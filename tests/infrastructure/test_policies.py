"""Each rule over plans, with what it lets through and what it refuses."""

import json

import pytest

from tests.infrastructure.trees import ROOT
from tools.iac import policies

FACTS = policies.Facts(
    name="ctl-dev",
    zone="us",
    regions=("us-east-1", "us-west-2"),
    host="https://ctl-dev.databricks.example",
    account="111111111111",
    site="datadoghq.com",
    workspace_ids=frozenset({"101", "103"}),
    root=ROOT,
)
TAGS = {"instance": "ctl-dev", "env": "dev", "zone": "us", "managed_by": "terraform"}
JOB = {
    "name": "ctl-dev-x",
    "tags": TAGS,
    "timeout_seconds": 60,
    "edit_mode": "UI_LOCKED",
    "run_as": [{"service_principal_name": "id", "user_name": None}],
}
MONITOR = {
    "query": "max:x{instance:ctl-dev} > 1",
    "message": "Late. @a",
    "tags": ["instance:ctl-dev", "owner:a", "severity:high"],
    "type": "query alert",
}
CATALOG = {"name": "c", "storage_root": "s3://ctl-dev-landing/c", "isolation_mode": "ISOLATED", "force_destroy": False}
LOCATION = {
    "url": "s3://ctl-dev-landing",
    "isolation_mode": "ISOLATION_MODE_ISOLATED",
    "fallback": False,
    "force_destroy": False,
}
EGRESS = {
    "egress": {
        "network_access": {
            "restriction_mode": "RESTRICTED_ACCESS",
            "policy_enforcement": {"enforcement_mode": "ENFORCED"},
            "allowed_storage_destinations": [
                {"bucket_name": "ctl-dev-landing", "region": "us-east-1", "storage_destination_type": "AWS_S3"}
            ],
        }
    }
}
BLOCK = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)
GOOD = [
    ("databricks_job", JOB),
    ("datadog_monitor", MONITOR),
    ("databricks_catalog", CATALOG),
    ("databricks_external_location", LOCATION),
    ("databricks_account_network_policy", EGRESS),
    ("aws_s3_bucket_public_access_block", BLOCK),
    ("databricks_grants", {"grant": [{"principal": "analysts", "privileges": ["SELECT"]}]}),
    ("databricks_workspace_binding", {"workspace_id": 103, "binding_type": "BINDING_TYPE_READ_ONLY"}),
    ("databricks_catalog", {"connection_name": "platform", "isolation_mode": "ISOLATED"}),
]


def plan(kind, after, *, unknown=None, actions=("create",), provider=None):
    change = {"actions": list(actions), "after": after, "after_unknown": unknown or {}}
    resource = {"address": f"{kind}.this", "mode": "managed", "type": kind, "change": change}
    return {"unit": {"resource_changes": [resource], "configuration": {"provider_config": provider or {}}}}


def rules(*args, **kwargs):
    return {found.rule for found in policies.check(plan(*args, **kwargs), FACTS)}


def with_network(**given):
    return {"egress": {"network_access": EGRESS["egress"]["network_access"] | given}}


@pytest.mark.parametrize(("kind", "values"), GOOD, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_well_passes(kind, values):
    assert rules(kind, values) == set()


def policy_of(*statements):
    return json.dumps({"Statement": list(statements)})


BAD = [
    ("bucket", "databricks_catalog", CATALOG | {"storage_root": "s3://ctl-eu-prod-landing/c"}),
    ("bucket", "databricks_catalog", CATALOG | {"storage_root": "s3://nobody-declared"}),
    ("bucket", "databricks_catalog", CATALOG | {"storage_root": None}),
    ("bucket", "databricks_external_location", LOCATION | {"url": "s3://tai-prod-landing"}),
    ("isolation", "databricks_catalog", CATALOG | {"isolation_mode": "OPEN"}),
    ("isolation", "databricks_external_location", LOCATION | {"fallback": True}),
    ("isolation", "databricks_workspace_binding", {"workspace_id": 999}),
    ("grants", "databricks_grants", {"grant": [{"principal": "a", "privileges": ["ALL PRIVILEGES"]}]}),
    ("grants", "databricks_grants", {"grant": [{"principal": "a", "privileges": ["ALL_PRIVILEGES"]}]}),
    ("grants", "databricks_grants", {"grant": [{"principal": "Account Users", "privileges": ["SELECT"]}]}),
    ("grants", "databricks_secret_acl", {"principal": "users", "permission": "READ"}),
    ("grants", "databricks_permissions", {"access_control": [{"group_name": "users", "permission_level": "CAN_USE"}]}),
    ("secrets", "databricks_job", JOB | {"description": "dapi" + "0" * 32}),
    ("secrets", "databricks_job", JOB | {"tags": TAGS | {"x": "AKIA" + "A" * 16}}),
    ("public", "aws_s3_bucket_public_access_block", BLOCK | {"block_public_acls": False}),
    ("public", "aws_s3_bucket_policy", {"policy": policy_of({"Effect": "Allow", "Principal": "*"})}),
    (
        "public",
        "aws_kms_key",
        {"multi_region": False, "policy": policy_of({"Effect": "Allow", "Principal": {"AWS": "*"}})},
    ),
    ("public", "databricks_dashboard", {"embed_credentials": True}),
    ("public", "databricks_model_serving", {"config": [{"served_entities": [{"external_model": [{"name": "x"}]}]}]}),
    ("region", "aws_kms_key", {"multi_region": True}),
    ("region", "databricks_account_network_policy", with_network(restriction_mode="FULL_ACCESS")),
    ("region", "databricks_account_network_policy", with_network(policy_enforcement={"enforcement_mode": "DRY_RUN"})),
    (
        "region",
        "databricks_account_network_policy",
        with_network(allowed_storage_destinations=[{"bucket_name": "ctl-dev-landing", "region": "eu-west-1"}]),
    ),
    (
        "region",
        "databricks_account_network_policy",
        with_network(allowed_storage_destinations=[{"bucket_name": "ctl-eu-prod-landing", "region": "us-east-1"}]),
    ),
    ("tags", "databricks_job", JOB | {"tags": {"instance": "ctl-dev"}}),
    ("tags", "datadog_monitor", MONITOR | {"tags": ["instance:ctl-dev", "severity:high"]}),
    ("tags", "aws_s3_bucket", {"tags": {"instance": "ctl-dev"}}),
    ("tags", "databricks_cluster_policy", {"definition": "{}"}),
    ("job", "databricks_job", JOB | {"run_as": []}),
    ("job", "databricks_job", JOB | {"run_as": [{"user_name": "a@b.example"}]}),
    ("job", "databricks_job", JOB | {"edit_mode": "EDITABLE"}),
    ("job", "databricks_job", JOB | {"timeout_seconds": 0}),
    ("monitor", "datadog_monitor", MONITOR | {"query": "max:x{*} > 1"}),
    ("monitor", "datadog_monitor", MONITOR | {"message": "Late."}),
    ("monitor", "datadog_monitor", MONITOR | {"enable_logs_sample": True}),
    ("destroy", "aws_s3_bucket", {"force_destroy": True, "tags": {}}),
    ("placeholder", "databricks_job", JOB | {"run_as": [{"service_principal_name": "offline:x"}]}),
    ("type", "databricks_secret", {"key": "k"}),
    ("type", "aws_s3_bucket_replication_configuration", {}),
    ("type", "databricks_lake", {}),
    ("enumeration", "datadog_monitor", MONITOR | {"priority": "high"}),
    ("enumeration", "databricks_workspace_binding", {"workspace_id": 101, "binding_type": "READ_ONLY"}),
]


@pytest.mark.parametrize(("rule", "kind", "values"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_not_well_is_refused_by_its_rule(rule, kind, values):
    assert rule in rules(kind, values)


def test_every_rule_refuses_something_here():
    assert set(policies.RULES) == {rule for rule, _, _ in BAD} | {"removal"}


@pytest.mark.parametrize(
    ("rule", "kind", "values", "unknown"),
    [
        ("bucket", "databricks_catalog", CATALOG, {"storage_root": True}),
        ("bucket", "databricks_external_location", LOCATION, {"url": True}),
        ("isolation", "databricks_catalog", CATALOG, {"isolation_mode": True}),
        ("isolation", "databricks_workspace_binding", {}, {"workspace_id": True}),
        ("grants", "databricks_grants", {"grant": [{"principal": "a"}]}, {"grant": [{"privileges": True}]}),
        ("public", "aws_s3_bucket_public_access_block", BLOCK, {"block_public_acls": True}),
        ("monitor", "datadog_monitor", MONITOR, {"query": True}),
    ],
)
def test_what_is_not_known_before_the_apply_is_refused(rule, kind, values, unknown):
    assert rule in rules(kind, values, unknown=unknown)


@pytest.mark.parametrize("actions", [("delete",), ("delete", "create")])
def test_what_holds_rows_is_not_removed_by_the_way(actions):
    found = plan("databricks_schema", {"name": "s"}, actions=actions)
    assert {v.rule for v in policies.check(found, FACTS)} == {"removal"}
    assert policies.check(found, FACTS, may_remove=True) == []


def test_a_dry_run_may_hold_placeholders():
    found = plan("databricks_job", JOB | {"run_as": [{"service_principal_name": "offline:x"}]})
    assert policies.check(found, FACTS, schema_only=True) == []


@pytest.mark.parametrize(
    ("name", "given", "refused"),
    [
        ("datadog", {"api_url": "https://api.datadoghq.com/"}, False),
        ("datadog", {"api_url": "https://api.datadoghq.eu/"}, True),
        ("datadog", {"api_url": "https://api.datadoghq.com/", "api_key": "0" * 32}, True),
        ("databricks", {"host": "https://ctl-dev.databricks.example"}, False),
        ("databricks", {"host": "https://ctl-prod.databricks.example"}, True),
        ("databricks", {"host": "https://accounts.cloud.databricks.com", "account_id": "a"}, False),
        ("aws", {"region": "us-east-1", "allowed_account_ids": ["111111111111"]}, False),
        ("aws", {"region": "eu-west-1", "allowed_account_ids": ["111111111111"]}, True),
        ("aws", {"region": "us-east-1"}, True),
    ],
)
def test_a_provider_leads_to_the_instance_itself(name, given, refused):
    expressions = {key: {"constant_value": value} for key, value in given.items()}
    provider = {name: {"name": name, "expressions": expressions}}
    assert ("sink" in rules("databricks_tag_policy", {}, provider=provider)) is refused


def test_a_violation_says_where():
    (found,) = policies.check(plan("databricks_job", JOB | {"run_as": []}), FACTS)
    assert str(found) == "unit databricks_job.this: job: must run as a service principal"
