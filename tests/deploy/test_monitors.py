"""Monitors as they are deployed: every table is watched, somebody is called, and nobody watches another instance."""

import json
import logging
from datetime import UTC, datetime

import pytest

from havenlake.config import load_project
from havenlake.deploy.catalogue import UNITS, load_catalogue
from havenlake.deploy.linting import EVENT_FIELDS, LOG_FIELDS
from havenlake.deploy.monitors import monitors_documents
from havenlake.deploy.queries import log_alert, metric_alert
from havenlake.deploy.rendering import deployed_workspaces
from havenlake.errors import ConfigErrors, HavenlakeError
from havenlake.monitoring.signals import Event, EventKind
from havenlake.monitoring.sinks.plain import event_fields
from havenlake.runtime.logs import JsonFormatter, log_context
from tests.deploy.repositories import REPOSITORY, VARS, copied, edit

PROJECT = load_project(REPOSITORY)
DEPLOYED = deployed_workspaces(PROJECT)
CATALOGUE = load_catalogue(REPOSITORY)
INGESTING = [name for name in DEPLOYED if PROJECT.workspace(name).vars.ingests]
ASSETS = "data-assets/ctl-dev/ctl-dev-platform-db.yaml"
FAILED = "monitors/failed-tables.yaml"


def documents(name, project=PROJECT, catalogue=CATALOGUE):
    return monitors_documents(project.workspace(name), catalogue, DEPLOYED)


def monitors(name):
    return {key: m for document in documents(name).values() for key, m in document["monitors"].items()}


def changed(tmp_path, file, *replacements):
    root = edit(copied(tmp_path), file, *replacements)
    return documents("ctl-dev", load_project(root, "ctl-dev"), load_catalogue(root))


def watched_tables(name):
    """Tables that a query on freshness lets through."""
    terms = [
        term
        for monitor in documents(name)["data-freshness"]["monitors"].values()
        for term in metric_alert(monitor["query"]).terms
        if term.metric == "havenlake.table.freshness_ratio"
    ]
    return [table for term in terms for table in term.values("table")]


@pytest.mark.parametrize("name", INGESTING)
def test_every_asset_of_an_ingesting_workspace_is_watched_for_freshness_once(name):
    config = PROJECT.workspace(name)
    assets = {
        f"{job.job_output.name.schema}.{table}"
        for job in config.jobs.values()
        if job.stage in ("raw_to_landing", "bronze_to_silver")
        for table in job.tables
    }
    assert sorted(watched_tables(name)) == sorted(assets)
    described = {table for file in config.assets.values() for table in file.assets}
    assert {table.partition(".")[2] for table in assets} == described


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_instance_has_a_file_for_each_unit(name):
    found = documents(name)
    assert tuple(found) == UNITS
    for document in found.values():
        assert (document["format"], document["workspace"]) == (1, name)
        assert set(document) == {"format", "workspace", "monitors", "slos", "downtimes"}


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_monitor_has_an_owner_who_is_called_a_severity_and_a_runbook(name):
    owner = PROJECT.workspace(name).vars.deployment.owner
    found = monitors(name)
    assert found
    for monitor in found.values():
        tags = dict(tag.split(":", 1) for tag in monitor["tags"])
        assert tags["instance"] == name
        assert {"owner", "severity", "zone", "env", "unit", "managed_by"} <= set(tags)
        called = monitor["message"].rpartition("\n\n")[2]
        assert called.startswith("@")
        assert tags["owner"] != ""
        assert "$" not in str(monitor)
        assert 1 <= monitor["priority"] <= 4
    assert any(f"@{owner}" in monitor["message"] for monitor in found.values())


def test_severity_decides_who_is_called_and_how_loud():
    found = monitors("ctl-prod")
    critical = found["late-critical-data-platform-ctl-example"]
    assert "platformdb.message" in critical["query"]
    assert critical["message"].endswith("@data-platform@ctl.example @pagerduty-ctl-data @slack-ctl-data")
    assert critical["priority"] == 1
    low = found["late-low-data-platform-ctl-example"]
    assert low["message"].endswith("\n\n@data-platform@ctl.example")
    assert low["priority"] == 4


def test_a_table_follows_its_owner_and_severity(tmp_path):
    text = ("  description: Articles and links that responders send\n", "  owner: content@ctl.example\n")
    found = changed(tmp_path, ASSETS, text)["data-freshness"]["monitors"]
    moved = found["late-low-content-ctl-example"]
    assert metric_alert(moved["query"]).terms[0].values("table") == ("platformdb.content_resource",)
    assert "@content@ctl.example" in moved["message"]


@pytest.mark.parametrize("name", DEPLOYED)
def test_no_query_watches_another_instance(name):
    for monitor in monitors(name).values():
        others = [other for other in DEPLOYED if other != name and f"instance:{other}" in monitor["query"]]
        assert others == []
        if monitor["type"] == "query alert":
            assert {term.values("instance") for term in metric_alert(monitor["query"]).terms} == {(name,)}
        else:
            assert dict(log_alert(monitor["query"]).fields)["instance"] == name


def test_an_instance_that_loads_nothing_is_watched_for_its_places_only():
    found = documents("ctl-datascience")
    assert found["data-freshness"]["monitors"] == {}
    assert found["failed-tables"]["monitors"] == {}
    assert set(found["residency"]["monitors"]) == {"violation", "violation-in-logs", "foreign-location"}


def test_every_kind_of_watch_is_there():
    found = set(monitors("ctl-prod"))
    assert {"failed", "heartbeat", "errors", "violation", "foreign-location", "drift"} <= found


def test_the_development_instance_is_quiet_on_weekends():
    quiet = documents("ctl-dev")["data-freshness"]["downtimes"]["weekend"]
    assert quiet["scope"] == "instance:ctl-dev"
    assert documents("ctl-prod")["data-freshness"]["downtimes"] == {}


def test_monitors_are_switched_off_by_instance(tmp_path):
    found = changed(tmp_path, VARS, ("deployment:\n", "deployment:\n  features: {monitors: false}\n"))
    assert all(document["monitors"] == document["slos"] == {} for document in found.values())


def test_without_schedules_nobody_waits_for_a_heartbeat(tmp_path):
    found = changed(tmp_path, VARS, ("deployment:\n", "deployment:\n  features: {schedules: false}\n"))
    assert "heartbeat" not in found["data-freshness"]["monitors"]


def test_a_table_that_nobody_owns_is_refused_where_it_stands(tmp_path):
    edit(copied(tmp_path), VARS, ("defaults: {owner: data-platform@ctl.example, ", "defaults: {"))
    edit(tmp_path, ASSETS, ("  owner: data-platform@ctl.example\n", ""))
    with pytest.raises(HavenlakeError, match=rf"{ASSETS}:\d+:\d+: HL-CFG-005.*no owner"):
        documents("ctl-dev", load_project(tmp_path, "ctl-dev"), load_catalogue(tmp_path))


RUNS = 'query: "sum(last_1h):sum:havenlake.table.runs{instance:$instance,status:failed} by'
IN_TABLES = RUNS.replace(",status:failed", " AND status:failed AND table IN ($tables)")
REFUSED_FILES = {
    "misspelt key": ("    critical: 20\n", "    critical: 20\n    wraning: 10\n", "HL-CFG-003.*wraning", "'warning'"),
    "table that does not exist": (
        *(RUNS, f"tables: [platformdb.massage]\n    {IN_TABLES}"),
        *(r"failed-tables.yaml:\d+:\d+: HL-DEP-005.*platformdb.massage", "platformdb.message"),
    ),
    "table without its placeholder": (
        *(RUNS, f"tables: [platformdb.message]\n    {RUNS}"),
        *("HL-CFG-004", "its query does not name"),
    ),
    "instance that does not exist": (
        *("  drift:\n", "  drift:\n    instances: [ctl-prd]\n"),
        *("HL-CFG-014.*ctl-prd", "ctl-prod"),
    ),
    "placeholder that does not exist": (
        *("$instance: a source changed", "$instnce: a source changed"),
        *(r"HL-DEP-004.*\$instnce", "instance"),
    ),
    "monitor without a severity": (
        "    severity: critical\n    critical: 20",
        "    critical: 20",
        "HL-CFG-004",
        "severity",
    ),
    "query that breaks the contract": (
        "table.schema_drift",
        "table.shema_drift",
        "HL-DEP-004.*'drift'",
        "schema_drift",
    ),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_wrong_catalogue_is_refused_with_file_and_key(case, tmp_path):
    old, new, wanted, hint = REFUSED_FILES[case]
    with pytest.raises(ConfigErrors, match=wanted) as caught:
        changed(tmp_path, FAILED, (old, new))
    assert FAILED in str(caught.value)
    assert hint in str(caught.value)


def test_a_file_of_no_unit_and_a_unit_without_a_file_are_refused(tmp_path):
    root = copied(tmp_path)
    (root / "monitors/residency.yaml").rename(root / "monitors/residancy.yaml")
    with pytest.raises(ConfigErrors) as caught:
        load_catalogue(root)
    assert {str(e.where) for e in caught.value.errors} == {
        "monitors/residancy.yaml:1:1",
        "monitors/residency.yaml:1:1",
    }


def test_fields_of_log_queries_are_the_fields_of_a_line():
    error = HavenlakeError("HL-KEY-001", "no")
    record = logging.LogRecord("havenlake", logging.ERROR, "", 0, "told", None, (type(error), error, None))
    with log_context(run="r", job="j", table="t"):
        line = json.loads(JsonFormatter().format(record))
    assert {f"@{name}" for name in line} - {"@service"} == set(LOG_FIELDS)  # the agent makes a tag of the service


def test_fields_of_event_queries_are_those_of_an_event_sent_as_a_log():
    event = Event(
        EventKind.RUN_FINISHED, datetime.now(UTC), "info", "t", "t", "k", (("layer", "bronze"), ("attempt", "1"))
    )
    assert {f"@{name}" for name in event_fields(event)} >= set(EVENT_FIELDS) - {"@outcome"}  # the sink's own word
