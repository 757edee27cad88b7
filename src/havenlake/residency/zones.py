"""Which zone a country or a place belongs to."""

from __future__ import annotations

from havenlake.config.places import zone_of_place
from havenlake.config.zones import Zone, Zones

__all__ = ["allowed_countries", "country_allowed", "zone_of_country", "zone_of_place"]


def zone_of_country(zones: Zones, country: str) -> str | None:
    """Name of the zone of a country (two letters, any case); None when no zone has it."""
    code = country.strip().upper()
    return next((name for name, zone in zones.zones.items() if code in zone.countries), None)


def allowed_countries(zone: Zone) -> frozenset[str] | None:
    """Countries whose rows may lie in a zone, upper-case; None for the local zone, which may hold any."""
    return frozenset(zone.countries) or None


def country_allowed(zone: Zone, country: str | None) -> bool:
    """Whether a row that names this country may lie in the zone; one that names none or an unknown one may not."""
    allowed = allowed_countries(zone)
    return allowed is None or (country or "").strip().upper() in allowed
