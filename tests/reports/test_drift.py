"""Drift derived from the ledger: what differs from the last good load, and since when."""

from datetime import timedelta

import pytest

from havenlake.config.drift import ColumnDrift, DriftKind
from havenlake.records import Status
from havenlake.reports.drift import drift_events, first_seen, recent_drift
from havenlake.reports.why import why
from tests.reports.ledgers import NOW, entry, minutes, run, schema

OLD = schema(id="long", body="string")
NEW = schema(id="long", body="string", mood="string")
ADDED = ColumnDrift(DriftKind.ADDED, "mood", after="string")


def load(at, columns, status=Status.SUCCEEDED, **context):
    """A load `at` minutes before now, in a run of its own."""
    return entry(minutes(at), status, context=run(f"run-{at}", **context), schema=columns)


def told(*entries):
    return [(e.change, e.first_seen, e.loaded_at) for e in drift_events(entries)]


def test_a_first_load_is_no_drift_and_neither_is_the_same_schema():
    assert told(load(9, OLD)) == []
    assert told(load(9, OLD), load(8, OLD), load(7, OLD, Status.UNCHANGED)) == []


def test_what_a_good_load_brings_is_seen_and_loaded_at_once():
    assert told(load(9, OLD), load(8, NEW), load(7, NEW)) == [(ADDED, minutes(8), minutes(8))]


def test_the_order_of_the_entries_does_not_matter():
    entries = [load(9, OLD), load(8, NEW), load(7, OLD)]
    assert told(*entries) == told(*reversed(entries))


def test_what_stops_a_table_is_first_seen_at_the_first_attempt_and_not_loaded():
    entries = [load(9, OLD), load(8, NEW, Status.REFUSED), load(7, NEW, Status.REFUSED)]
    assert told(*entries) == [(ADDED, minutes(8), None)]
    assert told(*entries, load(6, NEW)) == [(ADDED, minutes(8), minutes(6))]


def test_what_went_away_before_it_was_loaded_is_forgotten():
    assert told(load(9, OLD), load(8, NEW, Status.FAILED), load(7, OLD, Status.FAILED)) == []
    assert told(load(9, OLD), load(8, NEW, Status.FAILED), load(7, OLD)) == []


def test_a_failure_that_recorded_no_schema_says_nothing():
    assert told(load(9, OLD), load(8, "", Status.FAILED), load(7, NEW)) == [(ADDED, minutes(7), minutes(7))]


def test_a_column_that_comes_goes_and_comes_again_is_told_three_times_the_newest_first():
    found = told(load(9, OLD), load(8, NEW), load(7, OLD), load(6, NEW))
    gone = ColumnDrift(DriftKind.REMOVED, "mood", "string")
    assert found == [
        (ADDED, minutes(6), minutes(6)),
        (gone, minutes(7), minutes(7)),
        (ADDED, minutes(8), minutes(8)),
    ]
    events = drift_events([load(9, OLD), load(8, NEW), load(7, OLD), load(6, NEW)])
    assert first_seen(events, ADDED) == minutes(6)
    assert first_seen(events, ColumnDrift(DriftKind.ADDED, "else", after="string")) is None


def test_tables_are_told_apart_and_only_loads_of_sources_count():
    other = entry(minutes(8), table="texter", context=run("other"), schema=NEW)
    silver = [
        entry(minutes(m), context=run(f"s-{m}", layer="silver", stage="bronze_to_silver"), schema=s)
        for m, s in ((9, OLD), (8, NEW))
    ]
    assert told(load(9, OLD), other, *silver) == []


def test_several_differences_of_one_load():
    before = schema(id="integer", nickname="string", n="integer", big="long")
    after = schema(id="long", nick_name="string", n="string", big="integer")
    kinds = {e.change.column: e.change.kind for e in drift_events([load(9, before), load(8, after, Status.FAILED)])}
    assert kinds == {
        "id": DriftKind.WIDENED,
        "nick_name": DriftKind.RENAMED,
        "n": DriftKind.CHANGED,
        "big": DriftKind.NARROWED,
    }


@pytest.mark.parametrize(("days", "status", "shown"), [(29, "succeeded", 1), (31, "succeeded", 0), (400, "failed", 1)])
def test_recent_drift_and_what_keeps_a_table_back_are_shown(days, status, shown):
    age = days * 24 * 60
    entries = [load(age + 1, OLD), load(age, NEW, Status(status))]
    assert len(recent_drift(entries, NOW)) == shown
    assert NOW - minutes(age) == timedelta(days=days)


def test_why_tells_the_drift_of_its_table_in_every_layer():
    silver = entry(minutes(7), Status.FAILED, context=run("s", layer="silver", stage="bronze_to_silver"))
    found = why([load(9, OLD), load(8, NEW), silver], "message")
    assert found.layer == "silver"
    assert [e.change for e in found.drift] == [ADDED]
    assert found.to_dict()["drift"][0]["change"]["column"] == "mood"
