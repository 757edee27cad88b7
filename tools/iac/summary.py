"""What a plan would make, as lines that people review: address, and the attributes that matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tools.iac.run import Plan

# The attributes of each type that say where data lies, who may see it, and when something runs or calls.
KEYS: dict[str, tuple[str, ...]] = {
    "aws_iam_role": ("name", "assume_role_policy"),
    "aws_kms_key": ("enable_key_rotation", "multi_region"),
    "aws_s3_bucket": ("bucket", "force_destroy"),
    "aws_s3_bucket_public_access_block": ("block_public_policy", "restrict_public_buckets"),
    "databricks_access_control_rule_set": ("grant_rules",),
    "databricks_account_network_policy": ("egress",),
    "databricks_catalog": ("name", "isolation_mode", "storage_root"),
    "databricks_cluster_policy": ("name",),
    "databricks_external_location": ("name", "url", "read_only"),
    "databricks_grants": ("catalog", "external_location", "grant"),
    "databricks_group": ("display_name",),
    "databricks_mws_permission_assignment": ("permissions", "workspace_id"),
    "databricks_permissions": ("access_control",),
    "databricks_schema": ("catalog_name", "name"),
    "databricks_secret_acl": ("permission", "principal", "scope"),
    "databricks_secret_scope": ("name",),
    "databricks_service_principal": ("display_name",),
    "databricks_service_principal_federation_policy": ("oidc_policy",),
    "databricks_sql_endpoint": ("auto_stop_mins", "cluster_size", "name"),
    "databricks_storage_credential": ("aws_iam_role", "isolation_mode", "name"),
    "databricks_tag_policy": ("tag_key", "values"),
    "databricks_volume": ("catalog_name", "name", "schema_name"),
    "databricks_workspace_binding": ("binding_type", "securable_name", "workspace_id"),
}

# Made of files that are reviewed themselves, jobs.json and monitors.json; tests compare the plan with those.
RENDERED = ("databricks_job.", "databricks_permissions.job", "datadog_")


def lines(units: dict[str, Plan]) -> Iterator[str]:
    """One line per thing a plan would make, change or remove, in the order of units and addresses."""
    for unit, plan in sorted(units.items()):
        for change in sorted(plan.get("resource_changes", []), key=lambda c: str(c["address"])):
            actions = "+".join(change["change"]["actions"])
            if actions != "no-op" and not change["address"].startswith(RENDERED):
                yield f"{unit} {actions} {change['address']}{_attributes(change)}"


def _attributes(change: dict[str, Any]) -> str:
    after = change["change"]["after"] or {}
    found = [(key, _plain(after.get(key))) for key in KEYS.get(change["type"], ())]
    return "".join(f"\n    {key} = {value}" for key, value in found if value not in ("null", "[]", "{}"))


def _plain(value: Any) -> str:
    return json.dumps(_without_empty(value), sort_keys=True, ensure_ascii=False)


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_empty(item) for key, item in value.items() if item not in (None, [], {}, "")}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value
