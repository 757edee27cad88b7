"""Where an instance and its jobs put things: every fault against the zones, as pure functions of typed values.

Loading reports all of them with their place in the file; a plan, a session and an audit judge by the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from havenlake.config.job_inputs import MaintainInput, ToSilverInput
from havenlake.config.jobs import Job
from havenlake.config.nodes import KeyPath
from havenlake.config.places import declared_place, place_error
from havenlake.config.problems import nearest, suggestion
from havenlake.config.workspace import Workspace
from havenlake.config.zones import LOCAL, Holds, Zone, Zones
from havenlake.errors import HavenlakeError

_LAYER = {"raw_to_landing": "bronze", "bronze_to_silver": "silver"}


class Misplaced(NamedTuple):
    """One fault, and the key it stands under: of the workspace's facts, or of the job."""

    path: KeyPath
    error: HavenlakeError


class Use(NamedTuple):
    """A place that an instance uses, for what, and the key that says so."""

    path: KeyPath
    place: str
    holds: Holds


def instance_faults(zones: Zones, facts: Workspace, today: date) -> Iterator[Misplaced]:
    """Zone, country, region, key and places of an instance.

    HL-CFG-011: the zone is not declared. HL-CFG-013: country or region is of another zone, or telemetry or a source
    without an exception in force. HL-CFG-016: nobody declared the place. HL-RES-001: rows would leave the zone.
    HL-RES-002: the key lies elsewhere.
    """
    zone = zones.get(facts.zone)
    if zone is None:
        message = f"zone '{facts.zone}' is not declared in workspaces/residency-zones.yaml"
        hint = suggestion(facts.zone, zones.names())
        yield Misplaced(("zone",), HavenlakeError("HL-CFG-011", message, hint=hint))
        return
    if facts.zone != LOCAL:  # a laptop may play any country
        yield from _member("country", facts.country, zone.countries, facts.zone)
    yield from _member("region", facts.region, zone.regions, facts.zone)
    yield from _kms_key(facts, zone)
    for path, place, holds in instance_places(zones, facts):
        error = place_error(zones, facts.zone, place, holds, today=today)
        if error is not None:
            yield Misplaced(path, error)


def instance_places(zones: Zones, facts: Workspace) -> Iterator[Use]:
    """All places that the facts of an instance name."""
    for i, place in enumerate(facts.landing):
        yield Use(("landing", i), place, "rows")
    if facts.staging:
        yield Use(("staging",), facts.staging, "rows")
    for path, place in facts.monitoring.telemetry_places():
        yield Use(("monitoring", *path), place, "telemetry")
    if facts.deployment:
        yield Use(("deployment", "storage"), facts.deployment.storage, "rows")
    for i, place in enumerate(facts.uses):
        declared = declared_place(zones, place)
        yield Use(("uses", i), place, declared[1].holds if declared else "rows")
    if facts.zone != LOCAL:
        yield from _catalog_places(facts)
    elif facts.warehouse:  # its catalogs are folders of the warehouse
        yield Use(("warehouse",), facts.warehouse, "rows")


def _catalog_places(facts: Workspace) -> Iterator[Use]:
    for layer, catalog in facts.catalogs.model_dump(exclude_none=True).items():
        if catalog not in facts.read_only_catalogs:
            yield Use(("catalogs", layer), f"catalog:{catalog}", "rows")
    for i, catalog in enumerate(facts.read_only_catalogs):
        yield Use(("read_only_catalogs", i), f"catalog:{catalog}", "rows")


def job_faults(zones: Zones, facts: Workspace, job: Job, today: date) -> Iterator[Misplaced]:
    """Places and catalogs of a job; codes as in `instance_faults`, and HL-CFG-011 for a catalog of somebody else."""
    yield from catalog_faults(facts, job)
    if zones.get(facts.zone) is None:
        return
    for key, place, holds in job.job_input.places():
        error = place_error(zones, facts.zone, place, holds, today=today)
        if error is not None:
            yield Misplaced(("job_input", key), error)


def catalog_faults(facts: Workspace, job: Job) -> Iterator[Misplaced]:
    """A job writes to its own instance's catalogs, those of its layer, and reads its own bronze."""
    catalogs = facts.catalogs.model_dump(exclude_none=True)
    layer = _LAYER.get(job.stage)
    allowed = {name for key, name in catalogs.items() if layer in (None, key)} - set(facts.read_only_catalogs)
    written = job.job_output.name.catalog
    if allowed and written not in allowed:
        message = f"writes to catalog '{written}', which is not this workspace's {layer or 'own'} catalog"
        yield _catalog(message, ("job_output", "schema"), suggestion(written, allowed))
    if isinstance(job.job_input, ToSilverInput) and (bronze := catalogs.get("bronze")):
        read = job.job_input.bronze.catalog
        if read != bronze:
            message = f"reads catalog '{read}', but this workspace's bronze catalog is '{bronze}'"
            yield _catalog(message, ("job_input", "bronze_schema"), suggestion(read, [bronze]))
    if isinstance(job.job_input, MaintainInput):
        for i, schema in enumerate(job.job_input.places_of_tables):
            if schema.catalog not in allowed:
                message = f"maintains catalog '{schema.catalog}', which is not this workspace's own"
                yield _catalog(message, ("job_input", "schemas", i), suggestion(schema.catalog, allowed))


def _catalog(message: str, path: KeyPath, hint: str | None) -> Misplaced:
    return Misplaced(path, HavenlakeError("HL-CFG-011", message, hint=hint))


def _member(key: str, value: str, known: tuple[str, ...], zone: str) -> Iterator[Misplaced]:
    if value not in known:
        close = nearest(value, known)
        hint = f"did you mean '{close}'?" if close else f"zone {zone} has {', '.join(sorted(known))}"
        yield Misplaced((key,), HavenlakeError("HL-CFG-013", f"{key} '{value}' is not in zone {zone}", hint=hint))


def _kms_key(facts: Workspace, zone: Zone) -> Iterator[Misplaced]:
    """The key that opens a zone's rows stays in the zone, like the rows."""
    region = facts.keyring.kms_region if facts.keyring else None
    if facts.keyring is None or region is None:
        return
    path: KeyPath = ("keyring", "kms_key")
    if region not in zone.regions:
        message = f"the KMS key lies in region '{region}', which zone {facts.zone} does not have"
        hint = f"use a key of {' or '.join(sorted(zone.regions))}"
        yield Misplaced(path, HavenlakeError("HL-RES-002", message, hint=hint))
    elif (facts.keyring.kms_key or "").rpartition("/")[2].startswith("mrk-"):
        message = "the KMS key is a multi-Region key, whose replicas may lie in any region"
        yield Misplaced(path, HavenlakeError("HL-RES-002", message, hint="use a single-Region key of the zone"))
