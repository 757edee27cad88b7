"""Objectives: what a table leaves open comes from its workspace, calendars count hours, and nothing goes without."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from havenlake.config import load_project
from havenlake.config.calendars import Calendar
from havenlake.config.expectations import expectations
from havenlake.config.explain import explain
from havenlake.config.objectives import Age, Freshness, effective
from tests.config.test_broken import overlaid

HERE = Path(__file__).parent
REPOSITORY = load_project(HERE.parents[1])
TODAY = date(2026, 11, 22)
VARS, ASSETS = "workspaces/acme/workspace-vars.yaml", "data-assets/acme/acme-db.yaml"
H = timedelta(hours=1)


def acme(tmp_path, monitoring, *edits):
    root = overlaid(HERE / "base", tmp_path)
    text = (root / VARS).read_text().replace("monitoring: {datadog_site: datadoghq.com}", monitoring)
    (root / VARS).write_text(text)
    assets = (root / ASSETS).read_text()
    for old, new in edits:
        assert old in assets
        assets = assets.replace(old, new)
    (root / ASSETS).write_text(assets)
    return load_project(root, today=TODAY).workspace("acme")


DEFAULTS = "monitoring: {defaults: {freshness: {within: 6h, warn_after: 4h}, owner: ops@acme.example, severity: high}}"


def test_what_a_table_leaves_open_comes_from_the_workspace(tmp_path):
    config = acme(tmp_path, DEFAULTS)
    assets = config.assets[ASSETS].assets
    assert (assets["person"].freshness.within, assets["person"].freshness.warn_after) == (6 * H, 4 * H)
    assert (assets["person"].severity, assets["person"].owner) == ("high", "data@acme.example")
    assert (assets["note"].freshness.within, assets["note"].freshness.warn_after) == (24 * H, None)


def test_an_explanation_names_the_place_in_the_workspace(tmp_path):
    found = {v.key: (v.value, v.source) for v in explain(acme(tmp_path, DEFAULTS), "person").values}
    line = (HERE / "base" / VARS).read_text().splitlines().index("monitoring: {datadog_site: datadoghq.com}") + 1
    assert found["severity"] == ("high", f"{VARS}:{line} (monitoring.defaults)")
    assert found["freshness"][0]["within"] == "6h"
    assert found["freshness"][1] == f"{VARS}:{line} (monitoring.defaults)"
    assert found["owner"] == ("data@acme.example", f"{ASSETS}:2 (defaults)")


def test_an_explanation_tells_what_is_inherited_beside_what_is_written(tmp_path):
    config = acme(tmp_path, DEFAULTS, ("freshness: 24h", "freshness: {event_time: at}"))
    found = {v.key: v.value for v in explain(config, "note").values}
    assert found["freshness"] == {"event_time": "at"}
    assert (found["freshness.within"], found["freshness.warn_after"]) == ("6:00:00", "4:00:00")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, Freshness(within=6 * H, warn_after=5 * H, calendar="office")),
        (Freshness(within=H), Freshness(within=H, calendar="office")),
        (Freshness(within=H, calendar="nights"), Freshness(within=H, calendar="nights")),
        (
            Freshness(event_time="at"),
            Freshness(within=6 * H, warn_after=5 * H, event_within=3 * H, event_time="at", calendar="office"),
        ),
    ],
)
def test_inheritance(written, expected):
    default = Age(within=6 * H, warn_after=5 * H, event_within=3 * H, calendar="office")
    assert effective(written, default) == expected
    assert effective(written, None) == written


def at(text):
    return datetime.fromisoformat(text)


NEW_YORK = "America/New_York"
OFFICE = Calendar(timezone=NEW_YORK, days=("mon", "tue", "wed", "thu", "fri"), hours="08:00-18:00")
NIGHT = Calendar(timezone=NEW_YORK, hours="22:00-06:00")
ALWAYS = Calendar(timezone=NEW_YORK)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "hours"),
    [
        (OFFICE, "2026-03-06T17:00-05:00", "2026-03-09T09:00-04:00", 2),  # from Friday to Monday
        (OFFICE, "2026-03-07T09:00-05:00", "2026-03-08T20:00-04:00", 0),  # a week-end
        (ALWAYS, "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00", 23),  # clocks go forward
        (ALWAYS, "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00", 25),  # and back
        (NIGHT, "2026-03-03T12:00-05:00", "2026-03-04T12:00-05:00", 8),
        (NIGHT, "2026-03-04T01:00-05:00", "2026-03-04T03:00-05:00", 2),  # begun the day before
        (NIGHT, "2026-11-01T00:00-04:00", "2026-11-01T12:00-05:00", 7),  # the night of 25 hours
        (OFFICE, "2026-03-09T12:00-04:00", "2026-03-09T11:00-04:00", 0),  # a clock set back
    ],
)
def test_hours_of_a_calendar(calendar, start, end, hours):
    assert calendar.open_time(at(start).astimezone(UTC), at(end).astimezone(UTC)) == hours * H


def test_closed_days_do_not_count():
    closed = OFFICE.model_copy(update={"closed": (date(2026, 3, 9),)})
    assert closed.open_time(at("2026-03-06T18:00-05:00"), at("2026-03-10T09:00-04:00")) == H


@pytest.mark.parametrize("workspace", REPOSITORY.workspaces)
def test_every_table_of_every_workspace_has_an_objective_and_an_owner(workspace):
    config = REPOSITORY.workspace(workspace)
    found = expectations(config)
    loading = [job for job in config.jobs.values() if not job.job_input.upkeep]
    assert len(found) == sum(len(job.tables) for job in loading)
    assert bool(found) == config.vars.ingests
    for expectation in found:
        assert expectation.layer in ("bronze", "silver")
        assert expectation.asset.freshness is not None
        assert expectation.asset.freshness.within is not None
        assert expectation.asset.owner
    defaults = config.vars.monitoring.defaults
    assert defaults.owner, "a table of a new file would have no owner"
    assert defaults.freshness is not None


def test_local_keeps_objectives_and_sends_nothing(tmp_path):
    moved = load_project(HERE.parents[1], "ctl-prod", local=tmp_path).workspace("ctl-prod")
    assert moved.vars.monitoring.defaults == REPOSITORY.workspace("ctl-prod").vars.monitoring.defaults
    assert [place for _, place in moved.vars.monitoring.telemetry_places()] == [f"{tmp_path}/telemetry"]
