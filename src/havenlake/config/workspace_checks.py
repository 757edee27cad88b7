"""Checks of a workspace's facts against its zone, its places, and the other workspaces."""

from __future__ import annotations

from collections.abc import Iterable

from havenlake.config.nodes import Document, KeyPath
from havenlake.config.objectives import objective_faults
from havenlake.config.places import covers, normal_place, place_error
from havenlake.config.problems import nearest, suggestion
from havenlake.config.repository import vars_file
from havenlake.config.scope import Scope
from havenlake.config.secret_refs import secret_refs
from havenlake.config.workspace import Workspace
from havenlake.config.zones import LOCAL, Holds, Zone


def check_workspace(scope: Scope, document: Document) -> None:
    """Name, zone, catalogs, keyring and places of one workspace."""
    facts = scope.facts
    if facts is None:
        return
    if facts.name != scope.name:
        message = f"workspace is named '{facts.name}', but its folder is '{scope.name}'"
        scope.problems.add("HL-CFG-004", message, document.value_position(("name",)), f"write '{scope.name}'")
    _check_kind(facts, scope, document)
    _check_monitoring(facts, scope, document)
    if scope.zones is not None:
        _check_zone(facts, scope, document)


def _check_kind(facts: Workspace, scope: Scope, document: Document) -> None:
    """What a local, an ingesting and a reading workspace must and must not have."""
    local = facts.zone == LOCAL
    if local != (facts.environment == "local"):
        message = f"environment '{facts.environment}' does not go with zone '{facts.zone}'"
        hint = "zone and environment are both 'local', or neither is"
        scope.problems.add("HL-CFG-013", message, document.value_position(("environment",)), hint)
    elif local != (facts.warehouse is not None):
        code, message = (
            ("HL-CFG-005", "a local workspace needs 'warehouse', the folder of its tables")
            if local
            else ("HL-CFG-013", "only a local workspace has a 'warehouse': catalogs of others lie in their zone")
        )
        scope.problems.add(code, message, document.key_position(("warehouse",)), "see workspaces/local")
    if local and facts.deployment is not None:
        message = "a local workspace is not deployed"
        scope.problems.add("HL-CFG-013", message, document.key_position(("deployment",)), "remove it")
    if facts.ingests and facts.catalogs.bronze is None:
        where = document.key_position(("catalogs",))
        scope.problems.add(
            "HL-CFG-005", "required key 'bronze' is missing in catalogs", where, "or say 'ingests: false'"
        )
    if facts.ingests and not local and facts.keyring is None:
        message = "required key 'keyring' is missing: an instance that ingests encrypts"
        scope.problems.add("HL-CFG-005", message, document.key_position(()), "add 'keyring: {scope: …, key: …}'")
    if facts.ingests and not local and facts.staging is None:
        message = "required key 'staging' is missing: changed rows are staged before they are merged"
        scope.problems.add("HL-CFG-005", message, document.key_position(()), "add 'staging: <place in the zone>'")
    if not facts.ingests and facts.keyring is not None:
        message = "a workspace that does not ingest holds no keyring"
        scope.problems.add("HL-CFG-013", message, document.key_position(("keyring",)), "remove it, or ingest")


def _check_monitoring(facts: Workspace, scope: Scope, document: Document) -> None:
    """Default objectives, and scopes of secrets."""
    monitoring = facts.monitoring
    for fault in objective_faults(monitoring.defaults.freshness, monitoring.defaults.volume, monitoring.calendars):
        where = document.value_position(("monitoring", "defaults", *fault.path))
        scope.problems.add(fault.code, f"monitoring.defaults: {fault.message}", where, fault.hint)
    for path, secret in secret_refs(monitoring, ("monitoring",)):
        if facts.secret_scopes is not None and secret.scope not in facts.secret_scopes:
            message = f"secret scope '{secret.scope}' is not listed in secret_scopes"
            where = document.value_position((*path, "scope"))
            scope.problems.add("HL-CFG-011", message, where, suggestion(secret.scope, facts.secret_scopes))


def _check_zone(facts: Workspace, scope: Scope, document: Document) -> None:
    assert scope.zones is not None  # noqa: S101  # checked by the caller
    zone = scope.zones.get(facts.zone)
    if zone is None:
        message = f"zone '{facts.zone}' is not declared in workspaces/residency-zones.yaml"
        where = document.value_position(("zone",))
        scope.problems.add("HL-CFG-011", message, where, suggestion(facts.zone, scope.zones.names()))
        return
    _check_member("country", facts.country, zone, facts, scope, document)
    _check_member("region", facts.region, zone, facts, scope, document)
    _check_kms_key(facts, zone, scope, document)
    for path, place, holds in _places(facts):
        where = document.value_position(path)
        error = place_error(scope.zones, facts.zone, place, holds, today=scope.today, where=where)
        if error is not None:
            scope.problems.take(error)


def _check_member(key: str, value: str, zone: Zone, facts: Workspace, scope: Scope, document: Document) -> None:
    known = zone.countries if key == "country" else zone.regions
    if key == "country" and facts.zone == LOCAL:
        return  # a laptop may play any country
    if value not in known:
        message = f"{key} '{value}' is not in zone {facts.zone}"
        close = nearest(value, known)
        hint = f"did you mean '{close}'?" if close else f"zone {facts.zone} has {', '.join(sorted(known))}"
        scope.problems.add("HL-CFG-013", message, document.value_position((key,)), hint)


def _check_kms_key(facts: Workspace, zone: Zone, scope: Scope, document: Document) -> None:
    """The key that opens a zone's rows stays in the zone, like the rows."""
    region = facts.keyring.kms_region if facts.keyring else None
    if facts.keyring is None or region is None:
        return
    where = document.value_position(("keyring", "kms_key"))
    if region not in zone.regions:
        message = f"the KMS key lies in region '{region}', which zone {facts.zone} does not have"
        hint = f"use a key of {' or '.join(sorted(zone.regions))}"
        scope.problems.add("HL-RES-002", message, where, hint)
    elif (facts.keyring.kms_key or "").rpartition("/")[2].startswith("mrk-"):
        message = "the KMS key is a multi-Region key, whose replicas may lie in any region"
        scope.problems.add("HL-RES-002", message, where, "use a single-Region key of the zone")


def _places(facts: Workspace) -> Iterable[tuple[KeyPath, str, Holds]]:
    for i, place in enumerate(facts.landing):
        yield ("landing", i), place, "rows"
    if facts.staging:
        yield ("staging",), facts.staging, "rows"
    for path, place in facts.monitoring.telemetry_places():
        yield ("monitoring", *path), place, "telemetry"
    if facts.deployment:
        yield ("deployment", "storage"), facts.deployment.storage, "rows"
    if facts.warehouse and facts.zone == LOCAL:
        yield ("warehouse",), facts.warehouse, "rows"


def check_bindings(scopes: Iterable[Scope]) -> None:
    """Catalogs and places for rows have one owner; catalogs are read only inside their zone."""
    loaded = [scope for scope in scopes if scope.facts]
    owners: dict[str, Workspace] = {}
    places: dict[str, str] = {}
    for scope in loaded:
        _claim(scope, owners)
        _claim_places(scope, places)
    for scope in loaded:
        _check_reads(scope, owners)


def _claim(scope: Scope, owners: dict[str, Workspace]) -> None:
    facts = scope.facts
    if facts is None:
        return
    for layer, catalog in facts.catalogs.model_dump(exclude_none=True).items():
        owner = owners.setdefault(catalog, facts)
        if owner is not facts and catalog not in facts.read_only_catalogs and catalog not in owner.read_only_catalogs:
            where = scope.documents[vars_file(scope.name)].document.value_position(("catalogs", layer))
            message = f"catalog '{catalog}' belongs to workspace '{owner.name}' already"
            scope.problems.add("HL-CFG-002", message, where, "name it under read_only_catalogs to read it")
        elif catalog not in facts.read_only_catalogs:
            owners[catalog] = facts


def _claim_places(scope: Scope, owners: dict[str, str]) -> None:
    """Rows of two instances never share a bucket, nor lie one below the other; folders of this computer may."""
    facts = scope.facts
    if facts is None or facts.zone == LOCAL:
        return
    for path, place, holds in _places(facts):
        clash = next((p for p, name in owners.items() if name != facts.name and _overlap(p, place)), None)
        if holds != "rows":
            continue
        if clash is not None:
            where = scope.documents[vars_file(scope.name)].document.value_position(path)
            message = f"'{normal_place(place)}' belongs to workspace '{owners[clash]}' already"
            scope.problems.add("HL-CFG-002", message, where, "give each instance buckets of its own")
        owners.setdefault(normal_place(place), facts.name)


def _overlap(one: str, other: str) -> bool:
    return covers(one, other) or covers(other, one)


def _check_reads(scope: Scope, owners: dict[str, Workspace]) -> None:
    facts = scope.facts
    if facts is None:
        return
    for i, catalog in enumerate(facts.read_only_catalogs):
        where = scope.documents[vars_file(scope.name)].document.value_position(("read_only_catalogs", i))
        owner = owners.get(catalog)
        if owner is None or owner is facts:
            message = f"catalog '{catalog}' belongs to no other workspace"
            scope.problems.add("HL-CFG-011", message, where, suggestion(catalog, owners))
        elif owner.zone != facts.zone:
            message = f"catalog '{catalog}' lies in zone {owner.zone}, not {facts.zone}"
            scope.problems.add("HL-RES-001", message, where, f"rows of zone {owner.zone} stay there")
