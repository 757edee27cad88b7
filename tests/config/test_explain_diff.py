"""Explanations and comparisons of the effective configuration."""

from datetime import date
from pathlib import Path

import pytest

from havenlake.config import load_project
from havenlake.config.diff import ABSENT, diff
from havenlake.config.explain import explain
from havenlake.errors import HavenlakeError

HERE = Path(__file__).parent
FILE = "data-assets/acme/acme-db.yaml"
ACME = load_project(HERE / "base", today=date(2026, 11, 22)).workspace("acme")
PROJECT = load_project(HERE.parents[1])


def values(found):
    return {v.key: (v.value, v.source) for v in found.values}


def test_every_value_says_where_it_came_from():
    found = values(explain(ACME, "note"))
    assert found["encrypted"] == (["body"], f"{FILE}:14")
    assert found["owner"] == ("data@acme.example", f"{FILE}:2 (defaults)")
    assert found["on_missing"] == ("soft_delete", "built-in default")
    assert found["freshness"] == ("24h", f"{FILE}:18")


def test_each_column_says_what_becomes_of_it():
    found = explain(ACME, "note")
    fates = {f.column: (f.bronze, f.silver) for f in found.columns}
    assert fates["body"] == ("encrypted", "scrubbed (NULL while no scrubber can run)")
    assert fates["title"] == ("clear (clear_in_bronze)", "scrubbed (NULL while no scrubber can run)")
    assert fates["status"] == ("clear", "clear")
    assert found.jobs == ("load", "silver")


def test_one_column():
    found = explain(ACME, "person", "phone")
    assert [v.key for v in found.values] == ["encrypted", "tokens"]
    assert [(f.bronze, f.silver) for f in found.columns] == [("encrypted", "the same ciphertext, and phone_token")]


def test_a_column_nobody_named_hangs_on_its_type():
    found = explain(ACME, "visit", "remarks")
    assert [(f.bronze, f.silver) for f in found.columns] == [("encrypted", "absent (held back)"), ("clear", "clear")]


def test_an_unknown_table_names_the_nearest():
    with pytest.raises(HavenlakeError, match="HL-CFG-009") as caught:
        explain(ACME, "nots")
    assert caught.value.hint == "did you mean 'note'?"


def test_differences_of_two_instances():
    found = {(d.area, d.key): (d.first, d.second) for d in diff(PROJECT, "ctl-prod", "ctl-eu-prod")}
    assert found["workspace", "country"] == ("US", "IE")
    assert found["job full_load_job", "workflow.timezone"] == ("America/New_York", "Europe/Dublin")
    assert found["asset message", "freshness.within"] == ("8h", "14h")
    assert ("workspace", "format") not in found


def test_a_job_only_one_side_has_is_absent_on_the_other():
    found = {(d.area, d.key): (d.first, d.second) for d in diff(PROJECT, "ctl-prod", "ctl-datascience")}
    assert found["job full_load_job", "app_name"] == ("full_load_job", ABSENT)


def test_an_instance_equals_itself():
    assert diff(PROJECT, "local", "local") == ()
