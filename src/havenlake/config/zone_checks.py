"""Checks of the zones file in itself."""

from __future__ import annotations

from havenlake.config.nodes import Document, KeyPath
from havenlake.config.places import declared_place, normal_place
from havenlake.config.problems import Problems, suggestion
from havenlake.config.zones import Zone, Zones


def check_zones(zones: Zones, document: Document, problems: Problems) -> None:
    """Countries, regions and places belong to one zone; exceptions name zones and places that exist."""
    seen: dict[str, str] = {}
    for name, zone in zones.zones.items():
        path: KeyPath = ("zones", name)
        for i, country in enumerate(zone.countries):
            _once(seen, f"country '{country}'", name, document, (*path, "countries", i), problems)
        for i, region in enumerate(zone.regions):
            _once(seen, f"region '{region}'", name, document, (*path, "regions", i), problems)
        for i, place in enumerate(zone.places):
            where: KeyPath = (*path, "places", i, "place")
            _once(seen, f"place '{normal_place(place.place)}'", name, document, where, problems)
        _check_regions(name, zone, document, problems)
    _check_exceptions(zones, document, problems)


def _once(seen: dict[str, str], what: str, zone: str, document: Document, path: KeyPath, problems: Problems) -> None:
    if what in seen:
        message = f"{what} is listed twice, in zones {seen[what]} and {zone}"
        problems.add("HL-CFG-002", message, document.value_position(path), "keep it in one zone")
    seen.setdefault(what, zone)


def _check_regions(name: str, zone: Zone, document: Document, problems: Problems) -> None:
    for i, place in enumerate(zone.places):
        if place.region is not None and place.region not in zone.regions:
            where = document.value_position(("zones", name, "places", i, "region"))
            message = f"'{place.place}' lies in region '{place.region}', which zone {name} does not have"
            problems.add("HL-CFG-013", message, where, suggestion(place.region, zone.regions))


def _check_exceptions(zones: Zones, document: Document, problems: Problems) -> None:
    for i, exception in enumerate(zones.exceptions):
        if exception.zone not in zones.zones:
            where = document.value_position(("exceptions", i, "zone"))
            message = f"exception names zone '{exception.zone}', which is not declared"
            problems.add("HL-CFG-011", message, where, suggestion(exception.zone, zones.zones))
        if declared_place(zones, exception.place) is None:
            where = document.value_position(("exceptions", i, "place"))
            message = f"exception names place '{exception.place}', which no zone declares"
            problems.add("HL-CFG-016", message, where, "declare the place in the zone it lies in")
