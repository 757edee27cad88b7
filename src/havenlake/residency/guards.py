"""Refuses places outside an instance's zone, and lists what a project lets across a border."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from havenlake.config.places import declared_place, place_error
from havenlake.config.project import Project
from havenlake.config.zones import Holds, Zones
from havenlake.errors import Position


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
    found = []
    for exception in project.zones.exceptions:
        declared = declared_place(project.zones, exception.place)
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
