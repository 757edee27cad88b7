"""A new instance: all its files, made from an instance that is there, checked as a whole before anything is written."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from havenlake.config import Project, WorkspaceConfig, load_project
from havenlake.config.problems import Problems, suggestion
from havenlake.config.project import ZONES_FILE
from havenlake.config.repository import jobs_file, vars_file
from havenlake.config.yaml_loader import load_yaml
from havenlake.config.zones import Zone
from havenlake.deploy.catalogue import FOLDER as MONITORS
from havenlake.deploy.instance_files import asset_text, catalogs_of, jobs_text, vars_text, with_places
from havenlake.deploy.rendering import is_deployed, rendered_files
from havenlake.errors import HavenlakeError

_PARTS = ("workspaces", "jobs-configuration", "data-assets", "policies", MONITORS, "notebooks")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OWN_SETTINGS = "terragrunt-shared-settings.hcl"
"""What one instance lends or is lent; not carried over."""


@dataclass(frozen=True)
class Wanted:
    """What a new instance is to be; what is None follows from its country, or from the instance it is made from."""

    name: str
    country: str
    owner: str
    workspace_id: str
    aws_account: str
    host: str | None = None
    environment: str = "prod"
    region: str | None = None
    languages: tuple[str, ...] = ()
    timezone: str | None = None
    datadog_site: str | None = None
    like: str | None = None


def new_instance(project: Project, wanted: Wanted, today: date) -> Mapping[str, str]:
    """Every file of the instance by path, those that change included; nothing is written.

    HL-DEP-006 when something of the name is there, HL-DEP-007 for facts of which no instance can be made, and
    `ConfigErrors` when the repository with the new files would not be valid.
    """
    _check_name(project, wanted.name)
    zone_name, zone = _zone(project, wanted.country)
    region = _region(zone_name, zone, wanted.region)
    like = _like(project, wanted.like, zone_name)
    site = wanted.datadog_site or _site(project, zone_name, zone, today)
    files = {
        ZONES_FILE: _zones_text(project, wanted.name, zone_name, region),
        vars_file(wanted.name): vars_text(wanted, like, zone_name, region, site),
        jobs_file(wanted.name): jobs_text(wanted, like),
        **{path.replace(like.vars.name, wanted.name): asset_text(wanted, like, path) for path in _asset_files(like)},
        **dict(_units(project.root, wanted.name, like.vars.name)),
    }
    return {**files, **_checked(project.root, wanted.name, files, today)}


def write_instance(root: Path, files: Mapping[str, str]) -> None:
    """Write the files of a new instance."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def _check_name(project: Project, name: str) -> None:
    if not _NAME.fullmatch(name):
        hint = "lower-case letters, digits and single hyphens, such as ctl-uk-prod"
        raise HavenlakeError("HL-DEP-007", f"'{name}' cannot be the name of an instance", hint=hint)
    taken = [
        part for part in ("workspaces", "jobs-configuration", "data-assets") if (project.root / part / name).exists()
    ]
    if taken:
        where = f"{taken[0]}/{name}"
        raise HavenlakeError("HL-DEP-006", f"instance '{name}' exists already", where=where, hint="choose another name")
    others = {config.vars.name.replace("-", "_"): config.vars.name for config in project.workspaces.values()}
    if (clash := others.get(name.replace("-", "_"))) is not None:
        raise HavenlakeError("HL-DEP-006", f"catalogs of '{name}' would have the names of those of '{clash}'")


def _zone(project: Project, country: str) -> tuple[str, Zone]:
    for name, zone in project.zones.zones.items():
        if country.upper() in zone.countries:
            return name, zone
    known = sorted(c for zone in project.zones.zones.values() for c in zone.countries)
    hint = f"countries with a zone: {', '.join(known)}; a new one gets its zone in a change of its own"
    raise HavenlakeError("HL-DEP-007", f"no zone has country '{country}'", where=f"{ZONES_FILE}: zones", hint=hint)


def _region(name: str, zone: Zone, region: str | None) -> str:
    if region is None:
        return zone.regions[0]
    if region not in zone.regions:
        hint = suggestion(region, zone.regions)
        where = f"{ZONES_FILE}: zones.{name}.regions"
        raise HavenlakeError("HL-DEP-007", f"region '{region}' is not in zone {name}", where=where, hint=hint)
    return region


def _like(project: Project, name: str | None, zone: str) -> WorkspaceConfig:
    """The instance to start from: the named one, else one of the same zone, else any that loads data."""
    fit = [c for c in project.workspaces.values() if is_deployed(c) and c.vars.ingests]
    if name is None:
        best = sorted(fit, key=lambda c: (c.vars.zone != zone, c.vars.environment != "prod", c.vars.name))
        if best:
            return best[0]
        raise HavenlakeError("HL-DEP-007", "no instance loads data, so there is none to start from")
    if (config := project.workspace(name)) not in fit:
        hint = suggestion(name, (c.vars.name for c in fit))
        raise HavenlakeError(
            "HL-DEP-007", f"'{name}' loads nothing or is not deployed", where=vars_file(name), hint=hint
        )
    return config


def _site(project: Project, name: str, zone: Zone, today: date) -> str | None:
    """Where telemetry may go: a site of the zone itself, else one that an exception in force lets it use."""
    own = [p.place for p in zone.places if p.holds == "telemetry"]
    lent = [
        e.place for e in project.zones.exceptions if e.zone == name and e.holds == "telemetry" and e.expires >= today
    ]
    sites = [place.removeprefix("datadog:") for place in (*own, *lent) if place.startswith("datadog:")]
    return sites[0] if sites else None


def _zones_text(project: Project, name: str, zone: str, region: str) -> str:
    problems = Problems()
    node = load_yaml(project.root / ZONES_FILE, root=project.root, problems=problems)
    problems.raise_if_any()
    assert node is not None  # noqa: S101  # the project was loaded from it
    places = [f"s3://{name}-{kind}" for kind in ("landing", "staging", "lake")]
    for other, found in project.zones.zones.items():
        for i, place in enumerate(found.places):
            if place.place in places:
                where = node.document.value_position(("zones", other, "places", i, "place"))
                message = f"'{place.place}' is declared already: two instances never share a bucket"
                raise HavenlakeError("HL-DEP-007", message, where=where, hint="choose another name")
    text = (project.root / ZONES_FILE).read_text(encoding="utf-8")
    added: list[tuple[str, str | None]] = [(place, region) for place in places]
    if any(place.place.startswith("catalog:") for found in project.zones.zones.values() for place in found.places):
        added += [(f"catalog:{catalog}", None) for catalog in catalogs_of(name).values()]
    return with_places(text, node.document, zone, added)


def _asset_files(like: WorkspaceConfig) -> list[str]:
    folder = f"data-assets/{like.vars.name}/"
    return [path for path in like.assets if path.startswith(folder)]


def _units(root: Path, name: str, like: str) -> Iterator[tuple[str, str]]:
    """The units of Terraform: two includes each, the same in every instance."""
    for file in sorted((root / "workspaces" / like).rglob("*.hcl")):
        hidden = any(part.startswith(".") for part in file.relative_to(root).parts)
        if file.name != _OWN_SETTINGS and not hidden:
            path = file.relative_to(root / "workspaces" / like).as_posix()
            yield f"workspaces/{name}/{path}", file.read_text(encoding="utf-8").replace(like, name)


def _checked(root: Path, name: str, files: Mapping[str, str], today: date) -> Mapping[str, str]:
    """The rendered files of the new instance, after the whole repository has been loaded with it, in a copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        for part in _PARTS:
            if (root / part).is_dir():
                shutil.copytree(root / part, copy / part, ignore=shutil.ignore_patterns(".*"))
        write_instance(copy, files)
        return rendered_files(load_project(copy, today=today), name)
