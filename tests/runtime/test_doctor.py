import json

import pytest
import typer
from typer.testing import CliRunner

from havenlake.cli.doctor_command import doctor
from havenlake.errors import HavenlakeError
from havenlake.runtime import doctor as looks
from havenlake.runtime.cache import cache_folder

APP = typer.Typer()
APP.command()(doctor)


def by_name():
    return {check.name: check for check in looks.checks()}


def test_all_is_looked_at_and_well_here():
    found = by_name()
    assert list(found) == ["Python", "Java", "Spark and Delta", "Jars", "Cache folder", "Disk", "Memory"]
    assert all(check.ok for check in found.values()), found
    assert "pyspark 4.2.0, delta-spark 4.4.0" in found["Spark and Delta"].detail


def test_what_is_missing_comes_with_its_remedy(monkeypatch, tmp_path):
    def no_java():
        raise HavenlakeError("HL-ENV-001", "no Java", hint="pip install 'havenlake[java]'")

    monkeypatch.setattr(looks, "find_java", no_java)
    monkeypatch.setattr(looks, "_version", {"pyspark": "3.5.1", "delta-spark": "4.4.0"}.get)
    monkeypatch.setenv("HAVENLAKE_CACHE", str(tmp_path / "cache"))
    found = by_name()
    assert [name for name, check in found.items() if not check.ok] == ["Java", "Spark and Delta", "Jars"]
    assert found["Java"].remedy == "pip install 'havenlake[java]'"
    assert found["Spark and Delta"].detail == "pyspark 3.5.1, pandas missing, pyarrow missing, grpcio missing"
    assert "-m havenlake.runtime.jars" in found["Jars"].remedy
    assert not (tmp_path / "cache").exists()  # looking changes nothing

    told = CliRunner().invoke(APP, [])
    assert told.exit_code == 1
    assert "havenlake[java]" in told.stdout
    machine = json.loads(CliRunner().invoke(APP, ["--json"]).stdout)
    assert [check["name"] for check in machine if not check["ok"]] == ["Java", "Spark and Delta", "Jars"]


def test_the_command_ends_well_when_all_is_there():
    told = CliRunner().invoke(APP, [])
    assert told.exit_code == 0, told.stdout
    assert "missing" not in told.stdout


@pytest.mark.parametrize(("given", "ends"), [("/somewhere/cache", "/somewhere/cache"), ("", "/.cache/havenlake")])
def test_the_cache_folder_can_be_chosen(monkeypatch, given, ends):
    monkeypatch.setenv("HAVENLAKE_CACHE", given)
    assert str(cache_folder()).endswith(ends)
