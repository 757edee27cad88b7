"""The metrics contract: what records become, and that nothing personal and no run id can be a tag."""

from dataclasses import fields, replace

import pytest

from havenlake.metrics import COMMON_TAGS, METRICS
from havenlake.monitoring.points import logical_name, run_points, table_points
from havenlake.monitoring.replay import record_of
from havenlake.monitoring.signals import Point, point
from havenlake.records import RunContext, Status
from tests.monitoring.runs import run, told_by
from tests.reports.ledgers import BROKEN, CONTEXT, NOW, result, schema

ALLOWED = {*COMMON_TAGS, "status", "age", "job", "key_id", "sink"}
SECRET_WORDS = ("20260314T124400-abc123", "jess", "+14155550100")


def test_no_metric_has_a_tag_of_a_person_or_a_run():
    assert {tag for metric in METRICS for tag in metric.tags} == ALLOWED
    assert not {"run", "run_id", "attempt", "person", "texter", "phone", "subject"} & ALLOWED


@pytest.mark.parametrize("tag", ["run", "run_id", "phone", "error"])
def test_a_tag_that_is_not_in_the_contract_cannot_be_sent(tag):
    tags = dict.fromkeys(COMMON_TAGS, "x")
    with pytest.raises(ValueError, match="no others"):
        point("havenlake.table.rows_in", 1, NOW, **tags, **{tag: "x"})
    with pytest.raises(ValueError, match="no others"):
        Point("havenlake.table.rows_in", 1, NOW, (*tags.items(), (tag, "x")))
    with pytest.raises(ValueError, match="has the tags"):
        point("havenlake.table.rows_of_jess", 1, NOW, **tags)


def test_nothing_of_a_run_but_its_place_and_outcome_reaches_a_tag():
    """Every text of a record that is not meant for a tag is marked; no mark arrives."""
    marked = {f.name: f"mark-{f.name}" for f in fields(RunContext) if f.type == "str"}
    context = RunContext(**{**marked, "attempt": 1, "layer": "bronze"})
    texts = {"source": "mark-source", "source_position": "mark-position", "notes": ("mark-note",)}
    error = replace(BROKEN, message="mark-message", hint="mark-hint", fingerprint="mark-print")
    bad = result("message", Status.FAILED, error=error, schema=schema(mark="string"), **texts)
    made = [*table_points(context, bad, None), *run_points(replace(run("r", bad), context=context))]
    values = {value for p in made for _, value in p.tags}
    assert {v for v in values if "mark" in v} == {"mark-workspace", "mark-zone", "mark-environment", "mark-job"}


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_series(status):
    made = table_points(CONTEXT, result("message", status), None)
    assert made[0] == point(
        "havenlake.table.runs",
        1,
        made[0].at,
        instance="ctl-dev",
        zone="us",
        env="dev",
        layer="bronze",
        table="platformdb.message",
        status=status,
    )
    assert ("havenlake.table.rows_in" in {p.metric for p in made}) == status.good


def test_a_record_and_its_ledger_events_give_the_same_points():
    record = run("r1", result("message"), result("texter", Status.FAILED, error=BROKEN))
    again = record_of(told_by(record))
    assert run_points(again) == run_points(record)
    assert [table_points(CONTEXT, t, None) for t in again.tables] == [
        table_points(CONTEXT, t, None) for t in record.tables
    ]


def test_drift_is_counted_against_the_last_good_load():
    before = result("message", schema=schema(id="long", a="string"))
    after = result("message", schema=schema(id="long", b="long", c="double"))
    counted = [p.value for p in table_points(CONTEXT, after, before) if p.metric.endswith("drift")]
    assert counted == [3.0]
    assert not [p for p in table_points(CONTEXT, after, None) if p.metric.endswith("drift")]


def test_names_of_tables():
    assert logical_name("ctl_dev_bronze.platformdb.message") == "platformdb.message"
    assert logical_name("/a/b.c.d") == "/a/b.c.d"
