"""The command line door writes the same export as the Python one."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from havenlake.cli.synthetic_commands import synthetic
from havenlake.errors import HavenlakeError
from havenlake.synthetic import PlatformDatabase

_APP = typer.Typer()
_APP.command()(synthetic)


def _run(*arguments):
    return CliRunner().invoke(_APP, [str(a) for a in arguments])


def test_it_writes_the_export_and_prints_counts(tmp_path):
    result = _run(tmp_path / "x", "--messages", 500, "--seed", 3, "--day", 1, "--country", "ca")
    assert result.exit_code == 0, result.output
    database = PlatformDatabase(500, 3, "ca")
    assert f"{database.count('message', 1):,}  message" in result.stdout
    assert pq.read_table(tmp_path / "x" / "message").equals(database.table("message", 1))


def test_the_machine_form_is_json_alone(tmp_path):
    result = _run(tmp_path / "x", "--messages", 200, "--rds", "e1", "--json")
    assert json.loads(result.stdout)["rows"]["message"] == 200
    assert (tmp_path / "x" / "e1" / "export_info_e1.json").is_file()


@pytest.mark.parametrize("arguments", [["--messages", 0], ["--country", "xx"], ["--format", "orc"], ["--day", -1]])
def test_bad_options_raise_a_coded_error(tmp_path, arguments):
    result = _run(tmp_path / "x", *arguments)
    assert isinstance(result.exception, HavenlakeError)
    assert result.exception.code == "HL-CFG-004"
    assert not (tmp_path / "x").exists()
