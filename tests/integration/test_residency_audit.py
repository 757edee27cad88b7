"""The audit finds what got round the guards, tells it by code, and is quiet about an instance that is sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from countries import Country, people
from typer.testing import CliRunner

from havenlake.api import Project
from havenlake.cli import app
from havenlake.names import TableName
from havenlake.records import Status
from havenlake.tables import DeltaStore
from havenlake.tables.store import ZONE_PROPERTY

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pyspark.sql import SparkSession

BRONZE = TableName.parse("ctl_dev_bronze.platformdb.texter")


def test_what_got_round_the_guards_is_found(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Country.create(tmp_path, spark, "texter")
    lake.put("texter", people(60, {}))  # fewer than the audit opens of each table
    assert lake.load()["texter"].status is Status.SUCCEEDED
    lake.to_silver()
    sound = lake.project.audit_residency()
    assert {t.status for t in sound.tables} == {Status.UNCHANGED}, sound.tables
    assert len(sound.tables) == 5

    # somebody writes past the framework: a copied row, ciphertexts of other rows, a table made elsewhere
    store = DeltaStore(spark, lake.project.store.storage)
    moved = store.read(BRONZE).where("id <= 3").selectExpr("id + 1000 AS id", "'CA' AS country_code", "nick", "note")
    store.append(BRONZE, moved)
    store.set_properties(BRONZE, {ZONE_PROPERTY: "eu"})
    monkeypatch.setattr(Project, "spark", spark, raising=False)
    words = ["residency", "audit", "-w", "ctl-dev", "--root", str(tmp_path), "--local", str(lake.lake)]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 3, told.output
    assert "HL-RES-006" in told.output
    assert "exception" not in told.output
    found = json.loads(CliRunner().invoke(app, [*words, "--json", "--table", "texter"]).stdout)
    texts = {t["target"]: (t["error"] or {}).get("message", "") for t in found["run"]["tables"]}
    bad = texts[str(BRONZE)]
    assert "3 finding(s)" in bad
    assert "rows: 3 live row(s)" in bad
    assert "property: the table was made in zone eu" in bad
    assert "keys: HL-KEY-004" in bad
    assert texts["ctl_dev_silver.platformdb.texter"] == ""
    assert {(p["place"].rsplit("/", 1)[-1], p["holds"]) for p in found["places"]} >= {("platformdb", "rows")}
