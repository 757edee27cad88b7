"""The doors `validate`, `explain`, `diff` and `schema`: what goes to stdout, what to stderr, and the exit code."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from havenlake.cli import app
from havenlake.config.schema import schema_text

REPOSITORY = Path(__file__).parents[2]
CONFIG = REPOSITORY / "tests" / "config"
RUN = CliRunner()


def run(*words):
    return RUN.invoke(app, [*words])


@pytest.fixture
def broken(tmp_path):
    shutil.copytree(CONFIG / "base", tmp_path / "p")
    (case,) = (CONFIG / "broken").glob("*-errors-in-three-files")
    shutil.copytree(case, tmp_path / "p", dirs_exist_ok=True)
    return str(tmp_path / "p")


def test_validate_says_what_is_valid_and_what_it_cannot_know():
    found = run("validate", "--root", str(REPOSITORY))
    assert found.exit_code == 0
    assert "ctl-eu-prod: valid, zone eu, 5 job(s), 10 table(s)" in found.stdout
    assert "not known without the source" in found.stderr
    assert "allowed until 2028-03-31" in found.stderr


def test_validate_reports_all_errors_and_exits_2(broken):
    found = run("validate", "--root", broken)
    assert found.exit_code == 2
    assert found.stdout == ""
    lines = found.stderr.splitlines()
    assert lines[0] == "data-assets/acme/acme-db.yaml:4:3: HL-CFG-003 unknown key 'identiy' in person"
    assert lines[1] == "  hint: did you mean 'identity'?"
    assert lines[-1] == "3 error(s)"


def test_validate_in_machine_form(broken):
    found = run("validate", "--json", "--root", broken)
    assert found.exit_code == 2
    errors = json.loads(found.stdout)["errors"]
    assert [(e["code"], e["line"], e["column"]) for e in errors] == [
        ("HL-CFG-003", 4, 3),
        ("HL-CFG-011", 36, 24),
        ("HL-CFG-013", 6, 9),
    ]
    good = json.loads(run("validate", "--json", "-w", "local", "--root", str(REPOSITORY)).stdout)
    assert good["ok"] is True
    assert [w["workspace"] for w in good["workspaces"]] == ["local"]


def test_validate_of_an_unknown_workspace():
    found = run("validate", "-w", "ctl-prd", "--root", str(REPOSITORY))
    assert found.exit_code == 2
    assert "did you mean 'ctl-prod'?" in found.stderr


def test_explain():
    found = run("explain", "message.message", "-w", "ctl-prod", "--root", str(REPOSITORY))
    assert found.exit_code == 0
    assert "ctl-prod-platform-db.yaml:" in found.stdout
    assert "scrubbed (NULL while no scrubber can run)" in found.stdout
    machine = run("explain", "message", "--json", "--root", str(REPOSITORY))
    assert json.loads(machine.stdout)["table"] == "message"
    assert run("explain", "massage", "--root", str(REPOSITORY)).exit_code == 2


def test_diff():
    found = run("diff", "ctl-prod", "tai-prod", "--json", "--root", str(REPOSITORY))
    assert found.exit_code == 0
    assert {"area": "workspace", "key": "country", "first": "US", "second": "CA"} in json.loads(found.stdout)
    told = run("diff", "ctl-prod", "tai-prod", "--root", str(REPOSITORY))
    assert "America/Toronto" in told.stdout
    assert "key(s) differ" in told.stderr
    assert run("diff", "ctl-prod", "nowhere", "--root", str(REPOSITORY)).exit_code == 2


@pytest.mark.parametrize("name", ["jobs", "assets", "workspace", "zones"])
def test_schema(name):
    assert run("schema", name).stdout == schema_text(name)
