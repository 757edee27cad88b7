"""Places and zones, from one table of cases that other guards can share."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from havenlake.config import Zones
from havenlake.config.nodes import frozen
from havenlake.config.places import is_local, local_place, normal_place
from havenlake.errors import HavenlakeError
from havenlake.residency import check_place, country_allowed, zone_of_country, zone_of_place

TABLE = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
ZONES = Zones.model_validate(frozen(TABLE["zones_file"]))


def named(case):
    return f"{case['zone']}-{case['holds']}-{case['place']}"


@pytest.mark.parametrize("case", TABLE["places"], ids=named)
def test_a_place_is_allowed_or_refused_by_code(case):
    today = date.fromisoformat(case.get("today", TABLE["today"]))
    if case["code"] is None:
        check_place(ZONES, case["zone"], case["place"], case["holds"], today=today)
        return
    with pytest.raises(HavenlakeError) as caught:
        check_place(ZONES, case["zone"], case["place"], case["holds"], today=today)
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", TABLE["rows"], ids=lambda c: f"{c['zone']}-{c['country']}")
def test_a_row_may_lie_in_a_zone_or_not(case):
    zone = ZONES.get(case["zone"])
    assert zone is not None
    assert country_allowed(zone, case["country"]) is case["allowed"]


def test_zones_of_places_and_countries():
    assert zone_of_place(ZONES, "s3a://eu-landing/x") == "eu"
    assert zone_of_place(ZONES, "s3://eu-landing-2") is None
    assert zone_of_place(ZONES, "some/folder") == "local"
    assert zone_of_country(ZONES, "ie") == "eu"
    assert zone_of_country(ZONES, "BR") is None


def test_an_error_never_repeats_a_password():
    with pytest.raises(HavenlakeError) as caught:
        check_place(ZONES, "us", "jdbc:postgresql://u:secret@db?password=hidden", "source", today=date(2026, 11, 22))
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "normal", "local"),
    [
        ("s3n://b/x/", "s3://b/x", False),
        ("s3://b/a/../../c", "s3://b/c", False),
        ("dbfs:/Volumes/c/s/v", "/Volumes/c/s/v", False),
        ("/Volumes/c/../d", "/Volumes/d", False),
        ("./a//b/", "a/b", True),
        ("file:///a/b", "file:///a/b", True),
        ("abfss://c@account.dfs.core.windows.net/x", "abfss://account.dfs.core.windows.net/x", False),
    ],
)
def test_one_spelling_for_one_place(place, normal, local):
    assert normal_place(place) == normal
    assert is_local(place) is local


def test_places_under_a_local_folder():
    assert local_place("s3://b/x/y", "/d") == "/d/landing/b/x/y"
    assert local_place("/Volumes/c/s/v", "/d") == "/d/landing/Volumes/c/s/v"
    assert local_place("folder/x", "/d") == "folder/x"
    assert local_place(".havenlake/landing/x", "/d", ".havenlake") == "/d/landing/x"
