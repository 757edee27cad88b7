"""What the manifest says is planted stands in the named rows, and in no column that is kept clear."""

from __future__ import annotations

import re
from functools import cache

import pytest

from havenlake.synthetic import SENSITIVE, PlatformDatabase, manifest
from havenlake.synthetic.people import KINDS


@cache
def _made(country, day=0):
    database = PlatformDatabase(6_000, country=country)
    return database, manifest(database, day)


def _clear_text(database, day):
    """Everything in the columns that hold nothing about a person, as one text."""
    parts = []
    for table in database.tables():
        clear = [n for n in database.schema(table, day).names if n not in SENSITIVE.get(table, ())]
        parts += [repr(row) for row in database.table(table, day).select(clear).to_pylist()]
    return "\n".join(parts)


@pytest.mark.parametrize("country", ["us", "ca", "eu"])
@pytest.mark.parametrize("day", [0, 1, 2])
def test_every_surface_stands_in_its_row(country, day):
    database, made = _made(country, day)
    tables = {t: {row["id"]: row for row in database.table(t, day).to_pylist()} for t in SENSITIVE}
    assert len(made.planted) > 500
    for planted in made.planted:
        assert planted.surface in tables[planted.table][planted.id][planted.column], planted


@pytest.mark.parametrize("country", ["us", "eu"])
@pytest.mark.parametrize("day", [0, 3])
def test_nothing_planted_stands_in_a_clear_column(country, day):
    database, made = _made(country, day)
    clear = _clear_text(database, day)
    surfaces = {p.surface for p in made.planted}
    assert len(surfaces) > 500
    assert [s for s in surfaces if s in clear] == []
    assert [p for p in made.clear_text_probes(per_column=300) if p in clear] == []


def test_a_seeded_few_per_cent_of_messages_hold_something():
    database, made = _made("us")
    assert 0.015 < len(made.of("message", "message")) / database.count("message") < 0.04
    assert {p.kind for p in made.of("message", "message")} == set(KINDS)
    assert {p.kind for p in made.of("texter", "notes")} == {"PERSON", "PHONE_NUMBER", "STREET_ADDRESS"}


def test_probes_are_long_enough_for_a_byte_search_and_cover_each_column():
    _, made = _made("eu")
    probes = made.clear_text_probes()
    assert len(probes) == len(set(probes)) > 300
    assert min(map(len, probes)) >= 8
    only = made.clear_text_probes([("message", "message")], fragments=False)
    assert set(only) <= {p.surface for p in made.of("message", "message")}
    assert 0 < len(only) <= 60
    assert any(f.text in probes for f in made.fragments)


def test_fragments_are_taken_from_the_days_own_rows():
    database, made = _made("us", 1)
    texts = [t for t in database.table("message", 1)["message"].to_pylist() if t]
    fragments = [f.text for f in made.fragments if f.table == "message"]
    assert len(fragments) > 1_000
    everything = "\n".join(texts)
    assert all(f in everything for f in fragments)
    edited = set(database.rows("message", database.changed_ids("message", 1).updated, 1)["message"].to_pylist())
    assert any(t and t[:100] in fragments for t in edited)


@pytest.mark.parametrize("country", ["us", "ca", "eu"])
def test_particulars_come_from_ranges_set_aside_for_fiction(country):
    _, made = _made(country)
    for planted in made.planted:
        if planted.kind == "EMAIL_ADDRESS":
            assert re.search(r"@example\.(org|com)$", planted.surface)
        elif planted.kind == "URL":
            assert planted.surface.startswith("https://www.example.org/")
        elif planted.kind == "IP_ADDRESS":
            assert planted.surface.startswith("2001:db8:")
        elif planted.kind == "PHONE_NUMBER":
            digits = re.sub(r"\D", "", planted.surface)
            assert re.search(r"55501\d\d$|^35320 ?91|^3363998|^49(3023125|4066969|2214710|8999998|6990009)", digits)
