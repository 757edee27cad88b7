"""Residency: which rows and places an instance may touch. Pure rules, no Spark, no network.

The rules on places live in `config.places`, because loading a project reports their errors with all others and
configuration cannot import upwards. Runs, audits and the Terraform guard's test cases use them from here.
"""

from havenlake.residency.guards import Crossing, PlaceGuard, PlaceUse, audit, check_place, crossings, place_uses
from havenlake.residency.rows import RowRule, row_rule
from havenlake.residency.zones import allowed_countries, country_allowed, zone_of_country, zone_of_place

__all__ = [
    "Crossing",
    "PlaceGuard",
    "PlaceUse",
    "RowRule",
    "allowed_countries",
    "audit",
    "check_place",
    "country_allowed",
    "crossings",
    "place_uses",
    "row_rule",
    "zone_of_country",
    "zone_of_place",
]
