"""Rules over planned changes: what no plan of an instance may contain, whatever module or console it came from.

A value that a rule must see and that is not known before the apply is refused like a wrong one.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from havenlake.config.nodes import frozen
from havenlake.config.places import place_error
from havenlake.config.zones import Zones
from tools.iac.run import Plan

UNKNOWN = object()
_EVERYBODY = {"account users", "users", "all users", "all account users"}
_SECRET = re.compile(
    r"dapi[0-9a-f]{32}|dose[0-9a-f]{32}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,}|(?i:api_?key|password|token)\s*[=:]\s*[A-Za-z0-9+/_-]{16,}"
)
"""Forms of credentials; a value of one in a plan also stands in the state."""

REFUSED_TYPES = {
    "aws_s3_bucket_replication_configuration": "copies rows elsewhere",
    "databricks_grant": "fights with databricks_grants over the same object",
    "databricks_mount": "goes around Unity Catalog",
    "databricks_obo_token": "puts a token into the state",
    "databricks_recipient": "shares rows out of the instance",
    "databricks_secret": "puts its value into the state",
    "databricks_secret_uc": "puts its value into the state",
    "databricks_share": "shares rows out of the instance",
    "databricks_sql_table": "tables belong to the framework",
    "databricks_token": "puts a token into the state",
}
KEPT_TYPES = {
    "aws_kms_key",
    "aws_s3_bucket",
    "databricks_catalog",
    "databricks_external_location",
    "databricks_schema",
    "databricks_storage_credential",
    "databricks_volume",
}
"""What holds rows or opens them: a plan that removes or replaces one needs somebody who says so."""


@dataclass(frozen=True)
class Violation:
    """A rule that a planned thing breaks, and where."""

    rule: str
    unit: str
    address: str
    message: str

    def __str__(self) -> str:
        return f"{self.unit} {self.address}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Facts:
    """What an instance may touch, from the same files that Terragrunt reads."""

    name: str
    zone: str
    regions: tuple[str, ...]
    host: str
    account: str
    site: str
    workspace_ids: frozenset[str]
    """Its own number, and those of other workspaces of its zone."""
    root: Path

    def bucket_error(self, url: str) -> str | None:
        """Why rows may not lie here, or None when they may."""
        today = datetime.now(UTC).date()
        error = place_error(zones(self.root), self.zone, url, "rows", today=today)
        return None if error is None else f"{error.code} {error.message}"


def facts(root: Path, workspace: str) -> Facts:
    """Read an instance's facts."""
    vars_ = _yaml(root / "workspaces" / workspace / "workspace-vars.yaml")
    zone = zones(root).zones[vars_["zone"]]
    others = [_yaml(path) for path in sorted((root / "workspaces").glob("*/workspace-vars.yaml"))]
    ids = {str(o["deployment"]["workspace_id"]) for o in others if o["zone"] == vars_["zone"] and "deployment" in o}
    return Facts(
        name=workspace,
        zone=vars_["zone"],
        regions=tuple(zone.regions),
        host=vars_["deployment"]["host"],
        account=str(vars_["deployment"]["aws_account"]),
        site=vars_.get("monitoring", {}).get("datadog_site", ""),
        workspace_ids=frozenset(ids),
        root=root,
    )


@functools.cache
def zones(root: Path) -> Zones:
    """The residency zones of a repository."""
    return Zones.model_validate(frozen(_yaml(root / "workspaces" / "residency-zones.yaml")))


def _yaml(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return result


@dataclass(frozen=True)
class Change:
    """One planned change, with what is unknown in it made visible."""

    unit: str
    address: str
    kind: str
    actions: tuple[str, ...]
    values: dict[str, Any]

    def get(self, path: str) -> list[Any]:
        """All values at a path through blocks; UNKNOWN where the plan does not know one."""
        found: list[Any] = [self.values]
        for key in path.split("."):
            found = [item.get(key) if isinstance(item, dict) else item for item in _flat(found)]
        return [item for item in _flat(found) if item is not None]


def _flat(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (_flat(value) if isinstance(value, list) else [value])]


def changes(units: dict[str, Plan]) -> Iterator[Change]:
    """Every change of every unit that does something."""
    for unit, plan in sorted(units.items()):
        for one in plan.get("resource_changes", []):
            change = one["change"]
            if one["mode"] == "managed" and change["actions"] != ["no-op"]:
                values = _merge(change["after"] or {}, change.get("after_unknown") or {})
                yield Change(unit, one["address"], one["type"], tuple(change["actions"]), values)


def _merge(known: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and isinstance(known, dict):
        return {key: _merge(known.get(key), unknown.get(key)) for key in known.keys() | unknown.keys()}
    if isinstance(unknown, list) and isinstance(known, list) and len(unknown) == len(known):
        return [_merge(one, other) for one, other in zip(known, unknown, strict=True)]
    return known


Rule = Callable[[Change, Facts], Iterator[str]]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Register a rule under its name."""

    def register(function: Rule) -> Rule:
        RULES[name] = function
        return function

    return register


def check(
    units: dict[str, Plan], about: Facts, *, schema_only: bool = False, may_remove: bool = False
) -> list[Violation]:
    """All violations in the plans of one instance."""
    found: list[Violation] = []
    for change in changes(units):
        for name, function in RULES.items():
            if name == "removal" and may_remove:
                continue
            if name == "placeholder" and schema_only:
                continue
            found += [Violation(name, change.unit, change.address, text) for text in function(change, about)]
    for unit, plan in sorted(units.items()):
        found += [Violation("sink", unit, "provider", text) for text in _providers(plan, about)]
    return found


@rule("bucket")
def _bucket(change: Change, about: Facts) -> Iterator[str]:
    places = {
        "databricks_catalog": "storage_root",
        "databricks_external_location": "url",
        "databricks_schema": "storage_root",
        "databricks_volume": "storage_location",
    }
    for place in change.get(places[change.kind]) if change.kind in places else []:
        if place is UNKNOWN:
            if change.kind != "databricks_volume":
                yield "where its data will lie is not known before the apply"
        elif (error := about.bucket_error(place)) is not None:
            yield error
    if change.kind == "databricks_catalog" and not change.get("storage_root") and not change.get("connection_name"):
        yield "without storage_root its data would lie in the metastore's own bucket"


@rule("region")
def _region(change: Change, about: Facts) -> Iterator[str]:
    for destination in change.get("egress.network_access.allowed_storage_destinations"):
        bucket, region = destination.get("bucket_name"), destination.get("region")
        if region is UNKNOWN or region not in about.regions:
            yield f"bucket {bucket} lies in {region}, not in zone {about.zone}"
        elif (error := about.bucket_error(f"s3://{bucket}")) is not None:
            yield error
    if change.kind == "aws_kms_key" and change.get("multi_region") != [False]:
        yield "a multi-Region key can be copied out of the zone"
    if change.kind == "databricks_account_network_policy":
        if change.get("egress.network_access.restriction_mode") != ["RESTRICTED_ACCESS"]:
            yield "egress must be RESTRICTED_ACCESS"
        if change.get("egress.network_access.policy_enforcement.enforcement_mode") != ["ENFORCED"]:
            yield "egress must be ENFORCED"


@rule("isolation")
def _isolation(change: Change, about: Facts) -> Iterator[str]:
    wanted = {
        "databricks_catalog": "ISOLATED",
        "databricks_external_location": "ISOLATION_MODE_ISOLATED",
        "databricks_storage_credential": "ISOLATION_MODE_ISOLATED",
    }
    if change.kind in wanted and "create" in change.actions and change.get("isolation_mode") != [wanted[change.kind]]:
        yield f"isolation_mode must be {wanted[change.kind]}, or every workspace of the metastore opens it"
    if change.kind == "databricks_external_location" and change.get("fallback") != [False]:
        yield "fallback must be false, or somebody's own credential opens it"
    if change.kind == "databricks_workspace_binding":
        for number in change.get("workspace_id"):
            if number is UNKNOWN or str(number) not in about.workspace_ids:
                yield f"workspace {number} is none of zone {about.zone}"


@rule("grants")
def _grants(change: Change, about: Facts) -> Iterator[str]:
    if any(
        text is not UNKNOWN and text.replace(" ", "_") == "ALL_PRIVILEGES" for text in change.get("grant.privileges")
    ):
        yield "ALL PRIVILEGES also grants what a later release brings"
    people = change.get("grant.principal") + change.get("principal") + change.get("access_control.group_name")
    if change.kind.startswith("databricks_"):
        for principal in people:
            if principal is not UNKNOWN and principal.lower() in _EVERYBODY:
                yield f"'{principal}' reaches people of other instances"
    if change.kind == "databricks_grants" and UNKNOWN in change.get("grant.privileges"):
        yield "privileges are not known before the apply"


@rule("secrets")
def _secrets(change: Change, about: Facts) -> Iterator[str]:
    for path, text in _texts(change.values):
        if _SECRET.search(text) or path.endswith("_plaintext"):
            yield f"{path} looks like a credential; it would stand in plan and state"


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}".strip("."))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, str):
        yield path, value


@rule("public")
def _public(change: Change, about: Facts) -> Iterator[str]:
    if change.kind == "aws_s3_bucket_public_access_block":
        for key in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"):
            if change.get(key) != [True]:
                yield f"{key} must be true"
    if change.kind in ("aws_s3_bucket_policy", "aws_kms_key"):
        for policy in change.get("policy"):
            if policy is not UNKNOWN:
                yield from _open_statements(policy)
    if change.get("embed_credentials") == [True]:
        yield "embed_credentials lends the publisher's rights to every viewer"
    if change.get("config.served_entities.external_model"):
        yield "an external model sends texts out of the zone"


def _open_statements(policy: str) -> Iterator[str]:
    for statement in json.loads(policy).get("Statement", []):
        principal = statement.get("Principal")
        people = _flat([principal.get("AWS", []) if isinstance(principal, dict) else principal])
        if statement.get("Effect") == "Allow" and "*" in people:
            yield f"statement '{statement.get('Sid', '?')}' allows everybody"


@rule("tags")
def _tags(change: Change, about: Facts) -> Iterator[str]:
    if change.kind == "databricks_job":
        given = set(next(iter(change.get("tags")), {}))
        missing = {"instance", "env", "zone", "managed_by"} - given
    elif change.kind == "aws_s3_bucket":
        missing = {"instance", "zone", "owner", "holds"} - set(next(iter(change.get("tags")), {}))
    elif change.kind == "datadog_monitor":
        words = {text.split(":")[0] for text in change.get("tags") if text is not UNKNOWN}
        missing = {"instance", "owner", "severity"} - words
    elif change.kind == "databricks_cluster_policy":
        text = next(iter(change.get("definition")), "{}")
        definition = {} if text is UNKNOWN else json.loads(text)
        missing = {"instance", "owner"} - {key.removeprefix("custom_tags.") for key in definition}
    else:
        return
    if missing:
        yield f"misses the tags {', '.join(sorted(missing))}"


@rule("job")
def _job(change: Change, about: Facts) -> Iterator[str]:
    if change.kind != "databricks_job":
        return
    if not change.get("run_as.service_principal_name") or change.get("run_as.user_name"):
        yield "must run as a service principal"
    if change.get("edit_mode") != ["UI_LOCKED"]:
        yield "must be UI_LOCKED, or a change by hand is lost in silence"
    if not change.get("timeout_seconds") or change.get("timeout_seconds") == [0]:
        yield "needs a timeout"


@rule("monitor")
def _monitor(change: Change, about: Facts) -> Iterator[str]:
    if change.kind != "datadog_monitor":
        return
    for query in change.get("query"):
        if query is UNKNOWN or f"instance:{about.name}" not in query:
            yield f"query is not limited to instance:{about.name}"
    if not any("@" in text for text in change.get("message") if text is not UNKNOWN):
        yield "calls nobody"
    if change.get("enable_logs_sample") == [True]:
        yield "enable_logs_sample would send log lines with the message"


@rule("destroy")
def _destroy(change: Change, about: Facts) -> Iterator[str]:
    if True in change.get("force_destroy"):
        yield "force_destroy removes rows with the thing that holds them"


@rule("removal")
def _removal(change: Change, about: Facts) -> Iterator[str]:
    if change.kind in KEPT_TYPES and "delete" in change.actions:
        yield "would be removed or replaced; say so explicitly if that is meant"


@rule("placeholder")
def _placeholder(change: Change, about: Facts) -> Iterator[str]:
    for path, text in _texts(change.values):
        if "offline:" in text:
            yield f"{path} holds an id that only a dry run knows: apply the units before this one first"


@rule("type")
def _type(change: Change, about: Facts) -> Iterator[str]:
    if change.kind in REFUSED_TYPES:
        yield REFUSED_TYPES[change.kind]
    elif change.kind not in known_types(about.root):
        yield "no module of this repository makes this type, so no rule looks at it"


@functools.cache
def known_types(root: Path) -> frozenset[str]:
    """Types of resources that our modules make."""
    found = re.compile(r'^resource "(\w+)"', re.MULTILINE)
    files = (root / "terraform").rglob("*.tf")
    return frozenset(kind for file in files for kind in found.findall(file.read_text(encoding="utf-8")))


@rule("enumeration")
def _enumeration(change: Change, about: Facts) -> Iterator[str]:
    for row in ENUMERATIONS:
        if row["resource"] == change.kind:
            for value in change.get(row["path"]):
                if value is not UNKNOWN and str(value) not in row["values"]:
                    yield f"{row['path']} is '{value}'; allowed are {', '.join(row['values'])}"


ENUMERATIONS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "enumerations.yaml").read_text(encoding="utf-8")
)


def _providers(plan: Plan, about: Facts) -> Iterator[str]:
    """Where a unit's providers lead: another workspace, account or site is another instance."""
    for provider in plan.get("configuration", {}).get("provider_config", {}).values():
        given = {key: value.get("constant_value") for key, value in provider.get("expressions", {}).items()}
        kind = provider.get("name")
        if kind == "datadog" and given.get("api_url") != f"https://api.{about.site}/":
            yield f"Datadog's address is {given.get('api_url')}, the instance's site is {about.site}"
        if kind == "databricks" and "account_id" not in given and given.get("host") != about.host:
            yield f"Databricks' address is {given.get('host')}, the instance's is {about.host}"
        if kind == "aws":
            if given.get("region") not in about.regions:
                yield f"AWS region {given.get('region')} is none of zone {about.zone}"
            if given.get("allowed_account_ids") != [about.account]:
                yield f"AWS account {given.get('allowed_account_ids')} is not {about.account}"
        for key, value in given.items():
            if isinstance(value, str) and (
                _SECRET.search(value) or key in ("token", "api_key", "app_key", "secret_key")
            ):
                yield f"{key} of provider {kind} is written out"
