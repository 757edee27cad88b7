"""Ages against objectives: a stopped job passes 1 within one interval and clears; clocks and calendars are borne."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from havenlake.config.calendars import Calendar
from havenlake.config.expectations import expectations
from havenlake.monitoring.freshness import (
    NEVER_LOADED,
    Known,
    age_events,
    age_items,
    age_points,
    alert_text,
    table_ages,
    turns,
)
from tests.monitoring.runs import DEV
from tests.reports.ledgers import CONTEXT

MESSAGE = next(e for e in expectations(DEV) if e.layer == "bronze" and e.target.table == "message")
TARGET = str(MESSAGE.target)
START = datetime(2026, 3, 14, 7, tzinfo=UTC)
INTERVAL = timedelta(minutes=15)
H = timedelta(hours=1)


def load_age(now, loaded=START, expectation=MESSAGE):
    ages = table_ages([expectation], {TARGET: Known(loaded)}, now)
    (found,) = [age for age in ages if age.of == "load"]
    return found


def test_a_stopped_job_passes_one_within_one_interval_and_clears_when_it_starts():
    """The job loads daily until it stops; the freshness job looks every quarter of an hour."""
    loads = [START, START + 24 * H]  # and no more, until the fourth day
    before, turned = (), []
    for i in range(4 * 24 * 4):
        now = START + i * INTERVAL
        if now == START + 80 * H:
            loads.append(now)
        known = {TARGET: Known(max(load for load in loads if load <= now))}
        ages = tuple(a for a in table_ages([MESSAGE], known, now) if a.of == "load")
        stale, fresh = turns(before, ages)
        turned += [("late", now, age) for age in stale] + [("fresh", now, age) for age in fresh]
        before = ages
    allowed = MESSAGE.asset.freshness.within
    assert [(what, at) for what, at, _ in turned] == [
        ("late", START + 24 * H + allowed + INTERVAL),
        ("fresh", START + 80 * H),
    ]
    late = turned[0][2]
    assert 1 < late.ratio < 1 + INTERVAL / allowed * 1.001


def test_the_alert_names_table_age_objective_and_owner():
    text = alert_text(load_age(START + 31 * H))
    assert text == (
        "platformdb.message (bronze): last good load 1 d 7 h ago, allowed 26h; "
        "owner data-platform@ctl.example; severity critical"
    )


def test_a_table_that_never_loaded_is_late():
    (age,) = table_ages([MESSAGE], {}, START)
    assert (age.ratio, age.late, age.age) == (NEVER_LOADED, True, None)
    assert "was never loaded, allowed 26h; owner data-platform@ctl.example" in alert_text(age)
    assert [p.metric for p in age_points(CONTEXT, [age], START)] == ["havenlake.table.freshness_ratio"]


@pytest.mark.parametrize("back", [1, 25, 24 * 365])
def test_a_clock_set_back_gives_no_negative_age(back):
    ages = table_ages([MESSAGE], {TARGET: Known(START, START)}, START - back * H)
    assert [(a.age, a.ratio, a.late) for a in ages] == [(timedelta(), 0, False)] * 2
    assert all(p.value == 0 for p in age_points(CONTEXT, ages, START))


def test_a_source_that_stands_still_is_told_by_the_event_age():
    ages = table_ages([MESSAGE], {TARGET: Known(START, START - 72 * H)}, START)
    assert {a.of: a.late for a in ages} == {"load": False, "event": True}
    (event,) = [a for a in ages if a.late]
    assert "newest event 3 d ago, allowed 2d" in alert_text(event)


def test_only_hours_of_the_calendar_count():
    office = Calendar(timezone="UTC", days=("mon", "tue", "wed", "thu", "fri"), hours="08:00-18:00")
    friday = datetime(2026, 3, 13, 17, tzinfo=UTC)
    age = load_age(friday + 64 * H, friday, replace(MESSAGE, calendar=office))
    assert age.age == 2 * H


def test_events_and_notices_tell_of_the_turn_only():
    late = load_age(START + 27 * H)
    stale, fresh = turns((), (late,))
    assert (turns((late,), (late,)), fresh) == (((), ()), ())
    (event,) = age_events(CONTEXT, stale, fresh, START)
    assert (event.kind, event.level, event.key) == (
        "table_stale",
        "error",
        "ctl-dev/freshness/bronze/platformdb.message/load",
    )
    (item,) = age_items(CONTEXT, stale, ())
    assert (item.owner, item.severity, item.good) == ("data-platform@ctl.example", "critical", False)
    assert item.next == "havenlake why message -w ctl-dev"
    (item,) = age_items(CONTEXT, (), stale)
    assert item.good


def test_every_table_of_every_layer_is_looked_at():
    ages = table_ages(expectations(DEV), {}, START)
    assert {(a.expectation.layer, a.expectation.table) for a in ages} == {
        (layer, f"platformdb.{table}") for layer in ("bronze", "silver") for table in DEV.job("full_load_job").tables
    }
