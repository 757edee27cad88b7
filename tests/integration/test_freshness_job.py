"""The freshness job on a real ledger: never loaded, stopped, started again; and what a run leaves for sinks."""

import json
from datetime import UTC, datetime, timedelta

from havenlake.applications.registry import application
from havenlake.records import Mode, Status
from havenlake.runtime.clock import FixedClock
from havenlake.synthetic import PlatformDatabase, write_export
from tests.integration.projects import LOAD, Lake

JOBS = "jobs-configuration/local/local-jobs-configs.yaml"
ASSETS = "data-assets/local/local-platform-db.yaml"
MONITORING = """
  monitoring:
    spark_jobs:
      freshness_job:
        app_name: freshness_job
        job_input: {}
        job_output:
          schema: local_operations.havenlake
"""
H = timedelta(hours=1)


def signals(lake):
    lines = [line for f in sorted(lake.warehouse.glob("telemetry/*.jsonl")) for line in f.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def look(lake, now):
    """Let the freshness job look; what it told, and the record of its run."""
    before = len(signals(lake))
    workspace = lake.project.workspace
    job = workspace.job("freshness_job")
    record = application(job.app_name).run(workspace, job, spark=lake.spark, clock=FixedClock(now))
    return signals(lake)[before:], record


def ratios(told):
    points = [s for s in told if s.get("metric") == "havenlake.table.freshness_ratio"]
    return {(p["tags"]["layer"], p["tags"]["table"], p["tags"]["age"]): p["value"] for p in points}


def turned(told):
    loads = [s for s in told if s.get("event", "").startswith("table_") and s.get("age") == "load"]
    return {(s["event"], s["layer"], s["table"]) for s in loads}


def test_a_stopped_job_is_told_and_a_started_one_clears(tmp_path, spark):
    lake = Lake.create(tmp_path, spark).only_tables("message", "shift")
    (lake.root / JOBS).write_text((lake.root / JOBS).read_text() + MONITORING)
    lake.edit(ASSETS, ("  description: When a responder is on duty", "  volume: {min_rows: 1000000}"))
    write_export(PlatformDatabase(60), lake.landing, 0)

    told, record = look(lake, datetime.now(UTC))  # there is no ledger yet
    assert record.status is Status.SUCCEEDED
    assert set(ratios(told).values()) == {1000.0}
    assert len(turned(told)) == 4

    lake.project.run(LOAD)
    told, record = look(lake, datetime.now(UTC) + H)
    found = ratios(told)
    assert 0 < found["bronze", "platformdb.message", "load"] < 0.1
    assert ("bronze", "platformdb.message", "event") in found
    assert found["silver", "platformdb.message", "load"] == 1000.0
    assert turned(told) == {("table_fresh", "bronze", f"platformdb.{t}") for t in ("message", "shift")}
    (breach,) = [s for s in told if s.get("metric") == "havenlake.table.volume_breach"]
    assert (breach["tags"]["table"], breach["value"]) == ("platformdb.shift", 1.0)
    assert record.tables[0].mode is Mode.WATCH

    told, _ = look(lake, datetime.now(UTC) + 24.25 * H)  # the load has stopped
    assert 1 < ratios(told)["bronze", "platformdb.message", "load"] < 1.02
    (notice,) = [s for s in told if s["signal"] == "notice"]
    text = next(i["why"] for i in notice["items"] if "platformdb.message (bronze): last good load" in i["why"])
    assert text.endswith("1 d 15 min ago, allowed 1d; owner you@example.org; severity critical")
