"""Which rows may lie in an instance: those of its zone's countries. A row whose country is not known may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from havenlake.config.zones import LOCAL, Zones
from havenlake.residency.phones import phone_pattern

UNKNOWN = ""


@dataclass(frozen=True)
class RowRule:
    """The countries of every zone, `home` being the instance's own."""

    home: str
    zones: Mapping[str, tuple[str, ...]]

    def foreign(self, country: str | None) -> str | None:
        """Zone of a row that may not lie here, `UNKNOWN` where no zone has its country; None for one that may.

        >>> rule = RowRule("us", {"us": ("US",), "ca": ("CA",)})
        >>> rule.foreign(" us "), rule.foreign("CA"), rule.foreign(None)
        (None, 'ca', '')
        """
        code = (country or "").strip().upper()
        zone = next((name for name, countries in self.zones.items() if code in countries), UNKNOWN)
        return None if zone == self.home else zone

    def phone_patterns(self) -> dict[str, str]:
        """For each zone a regular expression of its telephone numbers, written +, digits and nothing else."""
        return {name: phone_pattern(countries) for name, countries in self.zones.items()}


def row_rule(zones: Zones, home: str) -> RowRule | None:
    """The rule of an instance's zone; None for the local one, where anybody's invented rows may lie."""
    if home == LOCAL or home not in zones.zones:
        return None
    return RowRule(home, {name: zone.countries for name, zone in zones.zones.items()})
