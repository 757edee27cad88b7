"""Each workspace is planned on an empty state, as reviewed; the very plans apply; and then nothing is left to do."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

import havenlake
from havenlake.config import load_project
from havenlake.deploy.instance import Wanted, new_instance, write_instance
from tests.infrastructure.rendered import arrived_names, lost, rendered
from tests.infrastructure.test_workspaces import UNITS
from tests.infrastructure.trees import ROOT, copy_of
from tools.iac import __main__ as door
from tools.iac import golden, policies, run

pytestmark = pytest.mark.infrastructure
STAGES = (".", "user-base", "workspace-catalogs", "etl", "monitoring/data-freshness")
MONITORING = ("data-freshness", "failed-tables", "logs-monitor", "residency")
WORKSPACES = run.workspaces(ROOT)
TODAY = date(2026, 12, 1)
WHOLE = ("jobs-configuration", "data-assets", "monitors", "notebooks")


@dataclass(frozen=True)
class Made:
    """A workspace, its plan, and the folder that keeps it."""

    workspace: str
    planned: run.Planned
    folder: Path

    def after(self, unit):
        """What a unit would make, by address."""
        return {c["address"]: c["change"]["after"] for c in self.planned.units[unit].get("resource_changes", [])}


@pytest.fixture(scope="module", params=WORKSPACES)
def made(request, tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return Made(request.param, run.plan(tools, ROOT, request.param, folder), folder)


def test_a_workspace_can_be_planned_and_breaks_no_policy(made, tools):
    assert made.planned.outcome.ok, made.planned.outcome.reason
    facts = policies.facts(ROOT, made.workspace)
    found = policies.check(made.planned.units, facts, schema_only=tools.cli_config is not None)
    assert [str(violation) for violation in found] == []


def test_a_workspace_is_what_was_reviewed(made):
    found = golden.differences(ROOT, made.workspace, made.planned)
    assert found == [], "after a review: python -m tools.iac golden"


def test_every_job_arrives_whole_with_its_principal_and_policy(made):
    jobs = rendered(made.workspace, "etl/jobs.json")["jobs"]
    found = made.after("etl")
    for key, job in jobs.items():
        after = found[f'databricks_job.this["{key}"]']
        assert lost(job, after) == [], key
        assert arrived_names(job, after, made.workspace), key
    assert sum(address.startswith("databricks_job.") for address in found) == len(jobs)


@pytest.mark.parametrize("unit", MONITORING)
def test_every_monitor_arrives_whole(made, unit):
    file = rendered(made.workspace, f"monitoring/{unit}/monitors.json")
    found = made.after(f"monitoring/{unit}")
    for key, monitor in file["monitors"].items():
        after = found[f'datadog_monitor.this["{key}"]']
        given = {k: float(v) for k, v in after["monitor_thresholds"][0].items() if v is not None}
        assert given == {k: float(v) for k, v in monitor["thresholds"].items()}
        assert int(after["priority"]) == monitor["priority"]
        assert sorted(after["tags"]) == sorted(monitor["tags"])
        for name in monitor.keys() - {"thresholds", "priority", "tags"}:
            assert after[name] == monitor[name], (key, name)
    kinds = ("datadog_monitor.", "datadog_service_level_objective.", "datadog_downtime_schedule.")
    counts = [sum(address.startswith(kind) for address in found) for kind in kinds]
    assert counts == [len(file.get(kind, {})) for kind in ("monitors", "slos", "downtimes")]


def test_exactly_these_plans_apply_and_leave_nothing_to_do(made, tools):
    applied = run.apply(tools, ROOT, made.workspace, made.folder)
    assert applied.ok, applied.reason
    again = run.unchanged(tools, ROOT, made.workspace, made.folder)
    assert again.ok, again.reason


def test_a_dry_run_cannot_pass_for_a_real_one(made):
    if made.workspace == WORKSPACES[0]:
        found = policies.check(made.planned.units, policies.facts(ROOT, made.workspace))
        assert {violation.rule for violation in found} == {"placeholder"}


def test_one_unit_is_planned_by_its_path(tools, capsys):
    assert door.main(["plan", "ctl-dev/user-base"]) == 0
    shown = capsys.readouterr().out
    assert 'databricks_service_principal.this["etl"]' in shown
    assert tools.note in shown


def test_units_run_in_their_order(tools, tmp_path):
    order = run.order(tools, ROOT, "ctl-prod", tmp_path)
    places = [order.index(unit) for unit in STAGES]
    assert places == sorted(places)


def test_state_lies_in_the_zone_encrypted_and_locked(tools, tmp_path):
    for workspace in WORKSPACES:
        remote = run.rendered(tools, ROOT, f"{workspace}/user-base", tmp_path)["remote_state"]
        config = remote["config"]
        assert (remote["backend"], config["encrypt"], config["use_lockfile"]) == ("s3", True, True)
        assert config["region"] in policies.facts(ROOT, workspace).regions
        assert f":kms:{config['region']}:" in config["kms_key_id"]
        assert config["key"] == f"{workspace}/user-base/state.json"


@pytest.mark.parametrize("zone", ["us", "ca", "eu"])
def test_what_a_zone_shares_can_be_planned(tools, tmp_path, zone):
    planned = run.plan(tools, ROOT, f"_account/{zone}/governance", tmp_path)
    assert planned.outcome.ok, planned.outcome.reason
    assert len(planned.units["."]["resource_changes"]) == 2


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_one_record_read_three_times_says_the_same(tools, workspace, tmp_path):
    inputs = run.rendered(tools, ROOT, workspace, tmp_path)["inputs"]
    mine = havenlake.load(ROOT, workspace=workspace).workspace.vars
    facts = policies.facts(ROOT, workspace)
    assert inputs["instance"]["region"] in facts.regions
    assert inputs["uses"]["storage"] == {"place": mine.deployment.storage, "holds": "rows"}
    assert inputs["instance"] == {"name": mine.name, "country": mine.country, "zone": mine.zone, "region": mine.region}
    places = {use["place"] for use in inputs["uses"].values()}
    assert places >= {*mine.landing, mine.deployment.storage, f"datadog:{facts.site}"}
    assert (facts.zone, facts.host, facts.account) == (mine.zone, mine.deployment.host, mine.deployment.aws_account)


def test_a_new_instance_can_be_planned_at_once(tools, tmp_path):
    root = copy_of(ROOT, tmp_path / "repository", *WHOLE)
    project = load_project(root)
    wanted = Wanted(
        name="ctl-de-prod",
        country="DE",
        owner="daten@ctl.example",
        workspace_id="1000000000000201",
        aws_account="555555555555",
        host="https://ctl-de-prod.databricks.example",
    )
    write_instance(root, new_instance(project, wanted, TODAY))
    planned = run.plan(tools, root, "ctl-de-prod", tmp_path / "run")
    assert planned.outcome.ok, planned.outcome.reason
    found = policies.check(planned.units, policies.facts(root, "ctl-de-prod"), schema_only=tools.cli_config is not None)
    assert [str(violation) for violation in found] == []
    assert planned.units.keys() == {str(Path(unit)) for unit in UNITS}
