"""Residency zones: which countries, regions and places belong together (`workspaces/residency-zones.yaml`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from havenlake.config.base import ConfigModel, Country, Format, FrozenDict, SomeNames, Text, wrong

LOCAL = "local"
Holds = Literal["rows", "telemetry", "source"]


def _parse_date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise wrong("must be a date such as 2027-06-30") from error


def _not_local(zones: FrozenDict[str, Zone]) -> FrozenDict[str, Zone]:
    if LOCAL in zones:
        raise wrong("zone name 'local' is built in and cannot be declared")
    return zones


DateText = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Day = Annotated[date, BeforeValidator(_parse_date, json_schema_input_type=DateText)]


class Place(ConfigModel):
    """A bucket, database or site, and what it may hold.

    `rows`: data about people. `telemetry`: by contract nothing personal. `source`: a system we only read from.
    """

    place: Text
    holds: Holds
    region: Text | None = None
    description: str | None = None


class Zone(ConfigModel):
    """Countries whose data may lie together, and the regions and places it may lie in."""

    description: str | None = None
    countries: Annotated[tuple[Country, ...], Field(min_length=1)]
    regions: SomeNames
    places: tuple[Place, ...] = ()


class ZoneException(ConfigModel):
    """Lets a zone use a place of another one, for a reason, until a day; never for rows."""

    zone: Text
    place: Text
    holds: Literal["telemetry", "source"]
    reason: Text
    owner: Text
    expires: Day


class Zones(ConfigModel):
    """All zones and the exceptions between them."""

    format: Format
    zones: Annotated[FrozenDict[str, Zone], AfterValidator(_not_local)]
    exceptions: tuple[ZoneException, ...] = ()

    def get(self, name: str) -> Zone | None:
        """The zone of this name; `local`, for warehouses on a laptop, is built in and has no remote places."""
        return LOCAL_ZONE if name == LOCAL else self.zones.get(name)

    def names(self) -> tuple[str, ...]:
        """All names that a workspace may use."""
        return (*self.zones, LOCAL)


NO_ZONES = Zones.model_validate({"format": 1, "zones": {}})
LOCAL_ZONE = Zone.model_construct(description="this computer", countries=(), regions=(LOCAL,), places=())
