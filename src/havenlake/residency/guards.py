"""Refuses places outside an instance's zone, each layer by itself, and lists what a project lets across a border."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from havenlake.config.jobs import Job
from havenlake.config.placement import instance_faults, instance_places, job_faults
from havenlake.config.places import declared_place, is_local, normal_place, place_error, zone_of_place
from havenlake.config.project import Project
from havenlake.config.workspace import Workspace
from havenlake.config.zones import LOCAL, Holds, Zones
from havenlake.errors import HavenlakeError, Position
from havenlake.names import TableName


def check_place(
    zones: Zones, workspace_zone: str, place: str, holds: Holds, *, today: date, where: Position | str | None = None
) -> None:
    """Raise when a workspace of a zone may not use a place for this.

    HL-CFG-016: nobody declared the place. HL-RES-001: rows would leave the zone, or come to rest where none belong.
    HL-CFG-013: telemetry or a source lies outside the zone and no exception in force allows it.
    """
    error = place_error(zones, workspace_zone, place, holds, today=today, where=where)
    if error is not None:
        raise error


@dataclass(frozen=True)
class PlaceGuard:
    """What one instance may touch. Every check stands alone: none trusts that another one was asked before."""

    zones: Zones
    facts: Workspace
    today: date

    def check_job(self, job: Job) -> None:
        """All places, regions and catalogs of the instance and a job: asked by a plan, and when a session starts."""
        for path, error in (
            *instance_faults(self.zones, self.facts, self.today),
            *job_faults(self.zones, self.facts, job, self.today),
        ):
            error.where = error.where or f"{self.facts.name}: {'.'.join(map(str, path))}"
            raise error

    def check_region(self, region: str | None) -> None:
        """The region where the session really runs; None when it cannot be told, which is refused (HL-RES-005)."""
        zone = self.zones.get(self.facts.zone)
        if zone is None or region not in zone.regions:
            known = ", ".join(zone.regions) if zone else "none: the zone is not declared"
            raise HavenlakeError(
                "HL-RES-005",
                f"the session runs in region '{region or 'unknown'}', zone {self.facts.zone} has: {known}",
                where=self.facts.name,
                hint="run the job in a workspace of the zone; `workspaces/residency-zones.yaml` lists its regions",
            )

    def check_use(self, place: str, holds: Holds) -> None:
        """A landing place, a database or a staging folder, before anything of it is opened."""
        check_place(self.zones, self.facts.zone, place, holds, today=self.today, where=self.facts.name)

    def check_target(self, table: TableName, location: str | None) -> None:
        """A table before something is written into it: its catalog, and where it lies as far as that is known."""
        own = set(self.facts.catalogs.model_dump(exclude_none=True).values()) - set(self.facts.read_only_catalogs)
        if table.catalog not in own:
            raise HavenlakeError(
                "HL-RES-001",
                f"catalog '{table.catalog}' is not one of {self.facts.name}'s own",
                where=str(table),
                hint=f"write to {' or '.join(sorted(own))}",
            )
        if self.facts.zone != LOCAL:
            places = (f"catalog:{table.catalog}", *((location,) if location else ()))
        else:
            places = (location,) if location else ()
        for place in places:
            check_place(self.zones, self.facts.zone, place, "rows", today=self.today, where=str(table))

    def check_sink(self, place: str) -> None:
        """A place for telemetry, such as `datadog:<site>` or a webhook's host, before anything is sent there."""
        if not is_local(place):
            check_place(self.zones, self.facts.zone, place, "telemetry", today=self.today, where=self.facts.name)


@dataclass(frozen=True)
class PlaceUse:
    """A place that an instance uses: for what, in which zone it lies, and the key that names it."""

    place: str
    holds: str
    zone: str
    named_by: str


def place_uses(zones: Zones, facts: Workspace, jobs: Iterable[Job]) -> tuple[PlaceUse, ...]:
    """Every place that an instance and its jobs name, each once for each thing it holds."""
    named = [(".".join(map(str, use.path)), use.place, use.holds) for use in instance_places(zones, facts)]
    named += [(f"{job.name}.{key}", place, holds) for job in jobs for key, place, holds in job.job_input.places()]
    found: dict[tuple[str, str], PlaceUse] = {}
    for key, place, holds in named:
        shown = normal_place(place)  # without a user or password written into a URL
        found.setdefault((shown, holds), PlaceUse(shown, holds, zone_of_place(zones, place) or "", key))
    return tuple(found.values())


@dataclass(frozen=True)
class Crossing:
    """A place used across a border by exception: who, what, why, and until when."""

    zone: str
    place: str
    place_zone: str
    holds: str
    reason: str
    owner: str
    expires: date
    expired: bool


def audit(project: Project, today: date) -> tuple[Crossing, ...]:
    """Every exception of a project, expired ones included."""
    return crossings(project.zones, today)


def crossings(zones: Zones, today: date, zone: str | None = None) -> tuple[Crossing, ...]:
    """Exceptions of all zones or of one, expired ones included."""
    found = []
    for exception in zones.exceptions:
        if zone is not None and exception.zone != zone:
            continue
        declared = declared_place(zones, exception.place)
        found.append(
            Crossing(
                exception.zone,
                exception.place,
                declared[0] if declared else "",
                exception.holds,
                exception.reason,
                exception.owner,
                exception.expires,
                exception.expires < today,
            )
        )
    return tuple(found)
