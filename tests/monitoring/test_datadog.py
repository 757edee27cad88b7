"""Datadog through its official client: exactly the documented series, and what comes of bad answers and of none."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from havenlake.config.expectations import expectations
from havenlake.metrics import METRICS
from havenlake.monitoring.freshness import Known, age_events, age_points, table_ages, turns
from havenlake.monitoring.signals import point
from havenlake.monitoring.sinks.datadog import METRIC_BYTES, DatadogSink, _client
from havenlake.records import RowCounts, Status
from havenlake.runtime.clock import FixedClock
from tests.monitoring.datadog_server import KEY, Datadog
from tests.monitoring.runs import DEV, run, tell, told_by
from tests.reports.ledgers import BROKEN, CONTEXT, NOW, minutes, result, schema

BASE = ("instance:ctl-dev", "zone:us", "env:dev")
TAGS = (*BASE, "layer:bronze", "table:platformdb.message")
GOOD = result(
    "message", counts=RowCounts(read=10, inserted=3, updated=2, quarantined=1, nulled=4), schema=schema(id="long")
)
FAILED = result("message", Status.FAILED, error=BROKEN)
COUNTS = {
    ("havenlake.table.rows_in", TAGS): [10],
    ("havenlake.table.rows_out", TAGS): [5],
    ("havenlake.table.rows_quarantined", TAGS): [1],
    ("havenlake.table.values_nulled", TAGS): [4],
}


def runs_of(status):
    return ("havenlake.table.runs", (*TAGS, f"status:{status}"))


def heartbeat(status):
    return ("havenlake.run.heartbeat", (*BASE, "job:full_load_job", f"status:{status}"))


DURATION = ("havenlake.table.duration", TAGS)


@pytest.fixture
def server():
    with Datadog() as found:
        yield found


def sink(server, now=NOW):
    return {"datadog": lambda: DatadogSink("x", KEY, server=server.address, clock=FixedClock(now), backoff=0.001)}


def test_a_good_run_sends_exactly_the_documented_series(server):
    tell(run("r1", GOOD), sink(server))
    expected = {**COUNTS, runs_of("succeeded"): [1], DURATION: [6], heartbeat("succeeded"): [1]}
    assert server.values() == expected
    types = {metric: (kind, unit) for (metric, _), (kind, unit, _) in server.series().items()}
    contract = {m.name: (1 if m.kind == "count" else 3, m.unit) for m in METRICS if m.name in types}
    assert types == contract
    assert [c["status"] for b in server.bodies("/api/v1/check_run") for c in b] == [0]
    assert server.bodies("/api/v1/events") == []
    (log,) = [line for body in server.bodies("/api/v2/logs") for line in body]
    assert (log["service"], log["event"], log["run"], log["job"]) == (
        "havenlake",
        "run_finished",
        "r1",
        "full_load_job",
    )


def test_a_failed_table_sends_its_status_an_event_and_a_check(server):
    tell(run("r1", FAILED), sink(server))
    assert server.values() == {runs_of("failed"): [1], DURATION: [6], heartbeat("failed"): [1]}
    (event,) = server.bodies("/api/v1/events")
    assert event["alert_type"] == "error"
    assert "HL-SRC-002" in event["text"]
    assert "run" not in {tag.partition(":")[0] for tag in event["tags"]}
    assert [c["status"] for b in server.bodies("/api/v1/check_run") for c in b] == [2]
    logs = {line["event"]: line for body in server.bodies("/api/v2/logs") for line in body}
    assert set(logs) == {"table_failed", "run_finished"}
    assert (logs["table_failed"]["error_code"], logs["table_failed"]["level"]) == ("HL-SRC-002", "error")


def test_a_recovered_table_is_told_once_as_success(server):
    history = told_by(run("r0", FAILED))
    tell(run("r1", GOOD), sink(server), history=history)
    (event,) = server.bodies("/api/v1/events")
    assert event["alert_type"] == "success"
    assert server.values()[runs_of("succeeded")] == [1]


def test_a_cause_that_is_known_makes_no_second_event(server):
    tell(run("r2", FAILED), sink(server), history=told_by(run("r1", FAILED)))
    assert server.bodies("/api/v1/events") == []
    assert server.values()[runs_of("failed")] == [1]


def test_drift_and_a_violation_have_series_of_their_own(server):
    drifted = replace(GOOD, schema=schema(id="long", a="string", b="string"))
    violation = replace(BROKEN, code="HL-RES-001", fingerprint="res")
    foreign = result("texter", Status.REFUSED, error=violation)
    tell(run("r2", drifted, foreign), sink(server), history=told_by(run("r1", GOOD)))
    texter = (*BASE, "layer:bronze", "table:platformdb.texter")
    assert server.values()["havenlake.table.schema_drift", TAGS] == [2]
    assert server.values()["havenlake.residency.violations", texter] == [1]
    kinds = {line["event"] for body in server.bodies("/api/v2/logs") for line in body}
    assert "residency_violation" in kinds


def test_rows_of_another_zone_count_as_violations_and_the_load_goes_on(server):
    kept_out = replace(GOOD, counts=RowCounts(read=1000, inserted=800, quarantined=200, foreign=200))
    tell(run("r1", kept_out), sink(server))
    assert server.values()["havenlake.residency.violations", TAGS] == [200]
    assert server.values()[runs_of("succeeded")] == [1]
    logs = {line["event"]: line for body in server.bodies("/api/v2/logs") for line in body}
    assert logs["residency_violation"]["error_code"] == "HL-RES-001"


def test_the_worst_recall_of_a_run_is_sent(server):
    tables = [replace(GOOD, canary_recall=0.9), replace(result("texter"), canary_recall=0.8), result("shift")]
    tell(run("r1", *tables), sink(server))
    assert server.values()["havenlake.scrub.canary_recall", BASE] == [0.8]


def test_stale_and_never_loaded_tables_pass_one_and_clear(server):
    expected = [
        e for e in expectations(DEV) if e.layer == "bronze" and e.target.table in ("message", "texter", "shift")
    ]
    known = {
        "ctl_dev_bronze.platformdb.message": Known(NOW - timedelta(hours=52), NOW - timedelta(hours=12)),
        "ctl_dev_bronze.platformdb.texter": Known(NOW - timedelta(hours=13)),
    }
    ages = table_ages(expected, known, NOW)
    context = replace(CONTEXT, job="freshness_job", layer="maintenance")
    made = sink(server)["datadog"]()
    made.deliver([*age_points(context, ages, NOW), *age_events(context, *turns((), ages), NOW)])
    ratios = {tags[-2:]: v for (metric, tags), v in server.values().items() if metric.endswith("freshness_ratio")}
    assert ratios == {
        ("table:platformdb.message", "age:load"): [2.0],
        ("table:platformdb.message", "age:event"): [0.25],
        ("table:platformdb.texter", "age:load"): [0.5],
        ("table:platformdb.shift", "age:load"): [1000.0],
    }
    told = {tags[-2:]: v for (metric, tags), v in server.values().items() if metric.endswith("table.age")}
    assert told[("table:platformdb.message", "age:load")] == [52 * 3600]
    assert ("table:platformdb.shift", "age:load") not in told
    assert sorted(e["title"] for e in server.bodies("/api/v1/events")) == [
        "ctl-dev: platformdb.message (bronze) is late",
        "ctl-dev: platformdb.shift (bronze) is late",
    ]


@pytest.mark.parametrize(
    "answer", [(429, {"X-Ratelimit-Reset": "0"}), (429, {"Retry-After": "0"}), (500, {}), (503, {})]
)
def test_a_refusal_is_tried_again(server, answer):
    server.answers = [answer, answer]
    kept = tell(run("r1", GOOD), sink(server))
    assert server.refused == 2
    assert server.values()[runs_of("succeeded")] == [1]
    assert [d.delivered for d in kept.rows] == [True]


def test_the_waiting_time_of_the_header_is_bounded():
    retries = _client("x", KEY, "127.0.0.1:1", 0.5).configuration.retry_policy
    waits = [retries.get_retry_after(_Response(h)) for h in ({"X-Ratelimit-Reset": "7"}, {"Retry-After": "9000"}, {})]
    assert waits == [7, 30, None]


class _Response:
    def __init__(self, headers):
        self.headers = headers


def test_what_a_failing_server_missed_is_sent_by_the_next_run_once(server):
    server.answers = [(500, {})] * 1000
    kept = tell(run("r1", GOOD), sink(server))
    assert [(d.run_id, d.delivered) for d in kept.rows] == [("r1", False)]
    assert server.requests == []
    server.answers = []
    later = replace(GOOD, started_at=minutes(1), finished_at=minutes(0.5))
    tell(run("r2", later), sink(server), history=told_by(run("r1", GOOD, at=minutes(2))), deliveries=kept)
    assert sorted((d.run_id, d.delivered) for d in kept.rows) == [("r1", False), ("r1", True), ("r2", True)]
    assert server.values()[runs_of("succeeded")] == [1, 1]
    assert server.values()[heartbeat("succeeded")] == [1, 1]
    both = [*told_by(run("r1", GOOD, at=minutes(2))), *told_by(run("r2", later))]
    third = replace(GOOD, started_at=minutes(0.3), finished_at=minutes(0.2))
    tell(run("r3", third), sink(server), history=both, deliveries=kept)
    assert server.values()[runs_of("succeeded")] == [1, 1, 1]


def test_sending_a_run_twice_counts_it_once(server):
    for _ in range(2):
        made = sink(server)
        tell(run("r1", GOOD), made)
    assert server.values()[runs_of("succeeded")] == [1]


def test_a_dead_server_costs_a_warning_and_the_next_run_tells(server, caplog):
    with Datadog() as gone:
        dead = sink(gone)
    kept = tell(run("r1", GOOD), dead)
    assert [d.delivered for d in kept.rows] == [False]
    warnings = [r.message for r in caplog.records if "HL-MON" in r.message]
    assert len(warnings) == 1
    assert KEY not in caplog.text
    tell(run("r2", GOOD), sink(server), history=told_by(run("r1", GOOD, at=minutes(2))), deliveries=kept)
    assert {d.run_id for d in kept.rows if d.delivered} == {"r1", "r2"}


def test_a_hanging_server_holds_nobody_beyond_the_deadline(server, caplog):
    import threading

    server.hold = threading.Event()
    kept = tell(run("r1", GOOD), sink(server), seconds=0.01)  # returns, though the server never answers
    assert [d.delivered for d in kept.rows] == [False]
    assert "did not answer in time" in caplog.text
    server.hold.set()


def test_a_revoked_key_is_one_clear_warning(server, caplog):
    revoked = {"datadog": lambda: DatadogSink("x", "f" * 32, server=server.address, clock=FixedClock(NOW))}
    tell(run("r1", GOOD, result("texter"), result("shift")), revoked)
    (warning,) = [r.message for r in caplog.records if "HL-MON" in r.message]
    assert "Datadog refuses the API key (403)" in warning
    assert "datadog_api_key_config" in warning
    assert "f" * 32 not in caplog.text


def test_points_that_datadog_would_not_take_are_left_to_the_ledger(server, caplog):
    tags = dict(tag.split(":", 1) for tag in TAGS)
    old = [point("havenlake.table.rows_in", 1, NOW - timedelta(minutes=m), **tags) for m in (1, 59, 61, 600)]
    sink(server)["datadog"]().deliver(old)
    assert len(server.values()["havenlake.table.rows_in", TAGS]) == 2
    assert "2 points are too old" in caplog.text


def test_many_points_go_in_requests_below_the_limits(server):
    tags = dict(tag.split(":", 1) for tag in TAGS)
    many = [point("havenlake.table.rows_in", n, NOW, **{**tags, "table": f"db.table_{n:05}"}) for n in range(3_000)]
    sink(server)["datadog"]().deliver(many)
    assert len(server.series()) == 3_000
    assert len(server.sizes) > 1
    assert all(sent < 512_000 and whole <= METRIC_BYTES * 1.1 for sent, whole in server.sizes)


def test_the_site_of_the_configuration_wins_over_the_machines_environment(monkeypatch):
    monkeypatch.setitem(os.environ, "DD_SITE", "datadoghq.com")
    monkeypatch.setitem(os.environ, "DD_API_KEY", "another")
    configuration = _client("datadoghq.eu", KEY, None, 0.5).configuration
    assert configuration.host == "https://api.datadoghq.eu"
    assert configuration.api_key["apiKeyAuth"] == KEY


@pytest.mark.parametrize("workspace", ["ctl-prod", "ctl-eu-prod", "tai-prod"])
def test_each_zone_sends_to_its_own_site(workspace):
    from tests.monitoring.runs import PROJECT

    site = PROJECT.workspace(workspace).vars.monitoring.datadog_site
    assert _client(site, KEY, None, 0.5).configuration.host == f"https://api.{site}"
