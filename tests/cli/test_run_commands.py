"""The command line over real tables: exit codes, data on stdout, notes on stderr."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from projects import Lake

from havenlake.cli import app
from havenlake.synthetic import PlatformDatabase, write_export, write_rds_export

if TYPE_CHECKING:
    from click.testing import Result
    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=200, seed=4)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    lake = Lake.create(tmp_path_factory.mktemp("lake"), spark).only_tables("message", "conversation")
    write_export(DATABASE, lake.landing, 0)
    return lake


def _call(lake: Lake, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--root", str(lake.root)])


def test_a_day_at_the_command_line(lake: Lake, tmp_path: Path) -> None:
    planned = _call(lake, "plan", "-w", "local", "-j", "full_load_job")
    assert planned.exit_code == 4, planned.output
    assert not (lake.warehouse / "local_bronze").exists()

    exact = _call(lake, "plan", "-w", "local", "-j", "full_load_job", "--exact", "--json")
    assert {p["counts"]["inserted"] for p in json.loads(exact.stdout)} >= {200}
    assert not (lake.warehouse / "local_bronze").exists()
    assert not (lake.warehouse / "_staging").exists()

    ran = _call(lake, "run", "-w", "local", "--json")
    assert ran.exit_code == 0, ran.output
    records = json.loads(ran.stdout)
    assert [r["status"] for r in records] == ["succeeded", "succeeded", "unchanged"]

    assert _call(lake, "plan", "-w", "local", "--exact").exit_code == 0
    again = _call(lake, "run", "-w", "local")
    assert again.exit_code == 0
    assert "message" in again.stdout

    page = tmp_path / "status.html"
    status = _call(lake, "status", "-w", "local", "--html", str(page), "--json")
    assert status.exit_code == 0
    assert len(json.loads(status.stdout)) == 4
    assert "message" in page.read_text()

    assert _call(lake, "why", "message", "-w", "local").exit_code == 0
    report = tmp_path / "privacy.html"
    assert _call(lake, "report", "privacy", "-w", "local", "--html", str(report)).exit_code == 0
    assert "bigint" in report.read_text()
    assert "Masked in full" in report.read_text()


def test_usage_errors_exit_with_2(lake: Lake) -> None:
    for words in (
        ("run", "-w", "local", "-j", "full_lod_job"),
        ("run", "-w", "local", "-t", "mesage"),
        ("run", "-w", "local", "--resume", "never"),
        ("run", "-w", "lokal"),
    ):
        result = _call(lake, *words)
        assert result.exit_code == 2, (words, result.output)
        assert "HL-" in result.stderr
        assert result.stdout == ""


def test_a_failed_table_exits_with_1_and_a_refused_one_with_3(lake: Lake) -> None:
    folder = lake.landing / "conversation"
    kept = folder.rename(lake.root / "kept")
    try:
        failed = _call(lake, "run", "-w", "local", "-j", "full_load_job")
        assert failed.exit_code == 1
        assert "HL-SRC-001" in failed.output
        assert "--resume" in failed.stderr
    finally:
        kept.rename(folder)
    small = PlatformDatabase(messages=60, seed=4)
    shutil.rmtree(lake.landing)
    write_export(small, lake.landing, 0)
    refused = _call(lake, "run", "-w", "local", "-j", "full_load_job")
    assert refused.exit_code == 3, refused.output
    assert _call(lake, "plan", "-w", "local", "-j", "full_load_job", "--exact").exit_code == 3


def test_production_configuration_on_a_laptop_wants_synthetic_data(tmp_path: Path, spark: SparkSession) -> None:
    repository = Path(__file__).parents[2]
    local = tmp_path / "laptop"
    words = ["-w", "ctl-prod", "--root", str(repository), "--local", str(local)]
    assert CliRunner().invoke(app, ["keys", "init", *words]).exit_code == 0
    landing = local / "landing" / "ctl-prod-landing"
    plan = CliRunner().invoke(app, ["plan", *words, "-j", "full_load_job", "--json"])
    assert plan.exit_code == 3
    assert "HL-SRC-008" in plan.stderr
    base = _base_path(repository, local)
    assert base.is_relative_to(landing.parent)
    write_rds_export(PlatformDatabase(messages=100), base, "export-1", 0)
    ran = CliRunner().invoke(app, ["run", *words, "-j", "full_load_job", "-t", "message", "--json"])
    assert ran.exit_code == 0, ran.output
    assert (local / "ctl_prod_bronze/platformdb/message/_delta_log").is_dir()


def _base_path(repository: Path, local: Path) -> Path:
    from havenlake.api import Project

    project = Project.open(repository, workspace="ctl-prod", local=local)
    return Path(str(project.workspace.job("full_load_job").job_input.load_base_path))
