"""A new instance is complete and valid at once, or nothing is written."""

import re
from datetime import date
from pathlib import Path

import pytest
from databricks.bundles.jobs import Job as BundleJob
from typer.testing import CliRunner

from havenlake.cli import app
from havenlake.config import load_project
from havenlake.deploy.features import feature_table
from havenlake.deploy.instance import Wanted, new_instance, write_instance
from havenlake.deploy.jobs import jobs_document
from havenlake.deploy.rendering import check_fresh, rendered_files
from havenlake.errors import HavenlakeError
from tests.deploy.repositories import REPOSITORY, copied, edit

TODAY = date(2026, 11, 27)
PROJECT = load_project(REPOSITORY, today=TODAY)


def wanted(name="ctl-uk-prod", country="GB", **facts):
    own = {"owner": "data@ctl.example", "workspace_id": "1000000000000106", "aws_account": "555555555555"}
    return Wanted(name, country, **own | facts)


def made(root, *args, **facts):
    write_instance(root, new_instance(load_project(root, today=TODAY), wanted(*args, **facts), TODAY))
    return load_project(root, today=TODAY)


@pytest.mark.parametrize(
    ("name", "country", "zone", "site"),
    [
        ("ctl-uk-prod", "GB", "uk", None),
        ("helpline-no", "no", "eu", "datadoghq.eu"),
        ("tai-dev", "CA", "ca", "datadoghq.com"),
    ],
)
def test_a_new_instance_is_valid_at_once_and_all_that_is_rendered_is_fresh(name, country, zone, site, tmp_path):
    project = made(copied(tmp_path), name, country, environment="dev" if name.endswith("dev") else "prod")
    config = project.workspace(name)
    assert (config.vars.zone, config.vars.country) == (zone, country.upper())
    assert config.vars.monitoring.datadog_site == site
    assert config.vars.deployment.features.monitors is (site is not None)
    check_fresh(tmp_path, rendered_files(project, name))
    for job in jobs_document(config)["jobs"].values():
        assert job["name"].startswith(f"{name}-")
        assert job.get("schedule", {}).get("pause_status") in (None, "PAUSED")
        BundleJob.from_dict(job)
    assert set(feature_table(project)) == {*feature_table(PROJECT), name}


def test_the_new_instance_holds_no_name_of_the_one_it_is_made_from(tmp_path):
    made(copied(tmp_path), like="tai-prod", timezone="Europe/London", languages=("en",))
    files = [
        file
        for part in ("workspaces", "jobs-configuration", "data-assets")
        for file in (tmp_path / part / "ctl-uk-prod").rglob("*")
        if file.is_file()
    ]
    assert len(files) >= 8
    for file in files:
        text = file.read_text()
        assert re.findall(r"\btai\b|\btai[-_]prod", text) == [], file
        assert "Toronto" not in text, file


def test_the_other_instances_are_left_as_they_are(tmp_path):
    before = {path: path.read_text() for path in copied(tmp_path).rglob("*") if path.is_file()}
    made(tmp_path)
    changed = [path.relative_to(tmp_path).as_posix() for path, text in before.items() if path.read_text() != text]
    assert changed == ["workspaces/residency-zones.yaml"]
    zones = (tmp_path / "workspaces/residency-zones.yaml").read_text().splitlines()
    old = before[tmp_path / "workspaces/residency-zones.yaml"].splitlines()
    assert [line for line in old if line not in zones] == []
    added = [line.split('"')[1] for line in zones if line not in old and "place:" in line]
    assert added[:3] == ["s3://ctl-uk-prod-landing", "s3://ctl-uk-prod-staging", "s3://ctl-uk-prod-lake"]
    assert all(place.startswith("catalog:ctl_uk_prod_") for place in added[3:])


def test_units_of_terraform_come_along_but_not_what_the_other_instance_lends(tmp_path):
    root = copied(tmp_path)
    for file in ("terragrunt.hcl", "etl/terragrunt.hcl", "terragrunt-shared-settings.hcl"):
        (root / "workspaces/ctl-eu-prod" / file).write_text("# of ctl-eu-prod\n")
    made(root)
    home = root / "workspaces/ctl-uk-prod"
    assert (home / "etl/terragrunt.hcl").read_text() == "# of ctl-uk-prod\n"
    assert not (home / "terragrunt-shared-settings.hcl").exists()


def test_catalogs_become_places_where_catalogs_are_places(tmp_path):
    zones = "workspaces/residency-zones.yaml"
    text = (copied(tmp_path) / zones).read_text()
    if "catalog:" not in text:
        own = '      - {place: "s3://ctl-dev-lake", holds: rows, region: us-east-1}\n'
        edit(tmp_path, zones, (own, f'{own}      - {{place: "catalog:ctl_dev_bronze", holds: rows}}\n'))
    made(tmp_path)
    assert '      - {place: "catalog:ctl_uk_prod_silver", holds: rows}\n' in (tmp_path / zones).read_text()


@pytest.mark.parametrize(
    ("facts", "code", "told"),
    [
        (("ctl-prod", "US"), "HL-DEP-006", "workspaces/ctl-prod"),
        (("local", "US"), "HL-DEP-006", "workspaces/local"),
        (("Ctl UK", "GB"), "HL-DEP-007", "cannot be the name"),
        (("ctl--uk", "GB"), "HL-DEP-007", "cannot be the name"),
        (("ctl-br-prod", "BR"), "HL-DEP-007", "residency-zones.yaml: zones"),
        (("ctl-uk-prod", "GB", {"region": "eu-west-1"}), "HL-DEP-007", "zones.uk.regions"),
        (("ctl-uk-prod", "GB", {"like": "ctl-datascience"}), "HL-DEP-007", "loads nothing"),
        (("ctl-uk-prod", "GB", {"like": "ctl-prd"}), "HL-CFG-014", "did you mean 'ctl-prod'?"),
    ],
)
def test_facts_of_which_no_instance_can_be_made_are_refused(facts, code, told):
    name, country, *more = facts
    with pytest.raises(HavenlakeError, match=code) as caught:
        new_instance(PROJECT, wanted(name, country, **(more[0] if more else {})), TODAY)
    assert told in str(caught.value)


def test_a_bucket_that_is_declared_already_is_refused_with_its_line(tmp_path):
    zones = "workspaces/residency-zones.yaml"
    root = edit(copied(tmp_path), zones, ('"s3://ctl-dev-lake"', '"s3://ctl-uk-prod-lake"'))
    edit(root, "workspaces/ctl-dev/workspace-vars.yaml", ('"s3://ctl-dev-lake"', '"s3://ctl-uk-prod-lake"'))
    with pytest.raises(HavenlakeError, match=rf"{zones}:\d+:\d+: HL-DEP-007.*never share a bucket"):
        new_instance(load_project(root, today=TODAY), wanted(), TODAY)


def test_two_names_with_the_same_catalogs_are_refused():
    with pytest.raises(HavenlakeError, match="HL-DEP-006"):
        new_instance(PROJECT, wanted("ctl-eu-prod"), TODAY)


def test_facts_that_configuration_refuses_are_told_as_by_validate_and_nothing_is_written(tmp_path):
    root = copied(tmp_path)
    before = sorted(p for p in root.rglob("*"))
    words = ["new-instance", "ctl-uk-prod", "--country", "GB", "--owner", "a@b.example", "--root", str(root)]
    run = CliRunner().invoke(app, [*words, "--workspace-id", "7", "--aws-account", "555555555555"])
    assert run.exit_code == 2
    assert "workspaces/ctl-uk-prod/workspace-vars.yaml" in run.stderr
    assert "workspace_id" in run.stderr
    assert sorted(p for p in root.rglob("*")) == before
    crossing = ["--workspace-id", "1000000000000106", "--aws-account", "555555555555", "--datadog-site", "datadoghq.eu"]
    run = CliRunner().invoke(app, [*words, *crossing])
    assert "HL-CFG-013" in run.stderr
    assert sorted(p for p in root.rglob("*")) == before


def test_the_command_prints_what_it_wrote(tmp_path):
    root = copied(tmp_path)
    words = ["new-instance", "ctl-uk-prod", "--country", "GB", "--owner", "a@b.example", "--root", str(root)]
    run = CliRunner().invoke(app, [*words, "--workspace-id", "1000000000000106", "--aws-account", "555555555555"])
    assert run.exit_code == 0, run.stderr
    assert all(Path(root / path).is_file() for path in run.stdout.split())
    assert "workspaces/ctl-uk-prod/etl/jobs.json" in run.stdout
    assert CliRunner().invoke(app, ["validate", "--root", str(root)]).exit_code == 0
    assert CliRunner().invoke(app, ["render", "--check", "--root", str(root)]).exit_code == 0
