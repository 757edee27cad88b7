"""The repository's own workspaces: valid, and their assets treat the platform database's columns as they should."""

from pathlib import Path

import pytest

from havenlake.config import load_project
from havenlake.config.classification import bronze_encrypted, classify, missing_declared

PROJECT = load_project(Path(__file__).parents[2])
INGESTING = [name for name, config in PROJECT.workspaces.items() if config.vars.ingests]

TABLES = {
    "texter": "id bigint, phone string, country_code string, language string, first_name string, birth_date date,"
    " created_at timestamp, updated_at timestamp, notes string",
    "conversation": "id bigint, texter_id bigint, responder_id bigint, shift_id bigint, status string, channel string,"
    " country_code string, language string, risk_score double, started_at timestamp, ended_at timestamp,"
    " tags array<string>",
    "message": "id bigint, conversation_id bigint, actor_id bigint, message string, status string, type string,"
    " timestamp timestamp, updated_at timestamp",
    "reporting_question": "id bigint, text string, language string, kind string, active boolean",
    "reporting_log": "id bigint, conversation_id bigint, responder_id bigint, submitted_at timestamp,"
    " score decimal(5;2)",
    "reporting_log_value": "id bigint, reporting_log_id bigint, question_id bigint, value string, group_number int",
    "responder": "id bigint, email string, display_name string, country_code string, hired_on date, active boolean",
    "shift": "id bigint, responder_id bigint, starts_at timestamp, ends_at timestamp, hours decimal(6;2)",
    "content_resource": "id bigint, title string, url string, language string, body string, published boolean",
    "operational_event": "id bigint, kind string, payload string, source_ip string, occurred_at timestamp",
}
SEALED = {
    "texter": {"phone", "first_name", "birth_date", "notes"},
    "message": {"message"},
    "reporting_log_value": {"value"},
    "responder": {"email", "display_name"},
    "operational_event": {"source_ip", "payload"},
}
HELD_BACK = {"operational_event": ("payload",)}


def columns(table):
    pairs = (column.strip().split(" ") for column in TABLES[table].split(","))
    return {name: type_name.replace(";", ",") for name, type_name in pairs}


def test_all_six_workspaces_are_configured():
    assert set(PROJECT.workspaces) == {"ctl-dev", "ctl-prod", "ctl-datascience", "tai-prod", "ctl-eu-prod", "local"}


@pytest.mark.parametrize("workspace", INGESTING)
def test_each_ingesting_workspace_loads_and_cleans_all_tables(workspace):
    config = PROJECT.workspace(workspace)
    catalog = workspace.replace("-", "_")
    for name, output in (("full_load_job", "bronze"), ("bronze_to_silver_job", "silver")):
        job = config.job(name)
        assert set(job.tables) == set(TABLES)
        assert job.job_output.schema_ == f"{catalog}_{output}.platformdb"


@pytest.mark.parametrize("workspace", INGESTING)
@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_treated_as_it_should_be(workspace, table):
    config = PROJECT.workspace(workspace)
    asset = config.assets_of(config.job("full_load_job"))[table]
    assert missing_declared(asset, columns(table)) == ()
    assert set(bronze_encrypted(asset, columns(table))) == SEALED.get(table, set())
    assert classify(asset, columns(table)).held_back == HELD_BACK.get(table, ())
    assert asset.context is not None
    assert asset.owner
    assert asset.description
    assert asset.freshness is not None


def test_the_datascience_workspace_holds_no_key_and_ingests_nothing():
    config = PROJECT.workspace("ctl-datascience")
    assert config.vars.keyring is None
    assert not config.jobs
    assert config.vars.catalogs.silver == PROJECT.workspace("ctl-prod").vars.catalogs.silver


def test_countries_lie_in_their_zones():
    assert {n: c.vars.zone for n, c in PROJECT.workspaces.items()} == {
        "ctl-dev": "us",
        "ctl-prod": "us",
        "ctl-datascience": "us",
        "tai-prod": "ca",
        "ctl-eu-prod": "eu",
        "local": "local",
    }
    assert "IE" in PROJECT.zones.zones["eu"].countries
    assert "NO" in PROJECT.zones.zones["eu"].countries
