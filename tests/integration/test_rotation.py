"""Keys turned over in a living lake: old and new rows open, silver stays still, killed half-way and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from crashes import die_at
from projects import LOAD, SILVER, Lake, by_id
from typer.testing import CliRunner

from havenlake.cli import keys_commands
from havenlake.privacy import Binding
from havenlake.records import Mode, RowCounts, Status
from havenlake.runner import RunFailed
from havenlake.synthetic import PlatformDatabase, write_export
from havenlake.tables.key_usage import sealed_columns
from havenlake.transforms import decrypt_columns

if TYPE_CHECKING:
    from click.testing import Result
    from pyspark.sql import DataFrame, SparkSession

DATABASE = PlatformDatabase(messages=400, seed=7)
TABLES = ("message", "texter")
ROTATE = "rotate_bronze"
JOBS = f"""
      {ROTATE}:
        app_name: rotate_keys
        job_input:
          slice_rows: 100
          tables_for_processing: *platform_db_tables
          data_assets_config: *data_assets_config
        job_output:
          schema: local_bronze.platformdb
"""


@pytest.fixture
def lake(tmp_path: Path, spark: SparkSession) -> Lake:
    """Two tables, loaded and in silver."""
    made = Lake.create(tmp_path / "lake", spark).only_tables(*TABLES)
    jobs = made.root / "jobs-configuration/local/local-jobs-configs.yaml"
    jobs.write_text(jobs.read_text() + JOBS)
    write_export(DATABASE, made.landing, 0)
    made.project.run(LOAD)
    made.project.run(SILVER)
    return made


def keys(lake: Lake, *arguments: str) -> Result:
    return CliRunner().invoke(keys_commands.keys_app, [*arguments, "-w", "local", "--root", str(lake.root)])


def data_files(lake: Lake, layer: str) -> set[str]:
    return {str(f) for f in (lake.warehouse / f"local_{layer}").rglob("*.parquet")}


def opened(lake: Lake, rows: DataFrame, table: str) -> dict[Any, dict[str, Any]]:
    """Rows with every ciphertext opened; the framework's own columns say when, by whom and under which hash key."""
    columns = sealed_columns(rows.schema)
    clear = rows.transform(decrypt_columns(columns, lake.keyring, Binding(f"platformdb.{table}", ["id"], "local")))
    return by_id(clear.toArrow())


def both(lake: Lake) -> dict[str, dict[Any, dict[str, Any]]]:
    return {
        f"{layer}.{table}": opened(lake, getattr(lake, layer)(table), table)
        for layer in ("bronze", "silver")
        for table in TABLES
    }


def ids(lake: Lake) -> dict[str, set[str]]:
    return {table: set(rows) for table, rows in lake.project.key_rows().items()}


def without(rows: dict[Any, dict[str, Any]], *columns: str) -> dict[Any, dict[str, Any]]:
    return {key: {c: v for c, v in row.items() if c not in columns} for key, row in rows.items()}


def changes(counts: RowCounts) -> tuple[int, int, int]:
    return counts.inserted, counts.updated, counts.deleted


def test_a_new_key_reaches_every_row_and_the_old_one_retires(lake: Lake, spark: SparkSession) -> None:
    before = both(lake)
    assert keys(lake, "rotate").exit_code == 0
    assert both(lake) == before, "the old key stays live"

    write_export(DATABASE, lake.landing, 1)  # changes, new rows, deletions
    lake.project.run(LOAD)
    assert ids(lake)["local_bronze.platformdb.message"] == {"k001", "k002"}
    refused = keys(lake, "retire", "k001")
    assert refused.exit_code == 3
    assert "local_bronze.platformdb.message: " in refused.output
    assert "live" in refused.output
    assert "havenlake keys rewrite -w local" in refused.output

    lake.project.run(SILVER)
    loaded = both(lake)
    plans = {p.table: p for p in lake.project.plan(ROTATE, exact=True)}
    done = {r.table: r for r in lake.project.run(ROTATE).tables}
    assert {t: r.counts for t, r in done.items()} == {t: p.counts for t, p in plans.items()}
    assert done["message"].mode is Mode.ROTATE
    assert done["message"].counts.updated > 0
    for record in lake.project.rewrite_keys():
        assert record.status.good
    assert both(lake) == loaded, "clear values and framework columns, soft-deleted rows included, are the same"
    assert {k for found in ids(lake).values() for k in found} == {"k002"}
    assert all(r.status is Status.UNCHANGED for r in lake.project.rewrite_keys())

    files, versions = data_files(lake, "silver"), lake.versions("silver")
    silver = lake.project.run(SILVER)
    assert {(t.mode, t.status) for t in silver.tables} == {(Mode.FEED, Status.UNCHANGED)}
    assert (data_files(lake, "silver"), lake.versions("silver")) == (files, versions)
    assert {t.mode for t in lake.project.run(SILVER).tables} == {Mode.SKIP}
    assert lake.project.run(LOAD).status is Status.UNCHANGED

    retained = keys(lake, "retire", "k001")
    assert retained.exit_code == 3
    assert "in older versions" in retained.output
    assert "live" not in retained.output
    assert "VACUUM" in retained.output
    for table in ids(lake):
        location = lake.warehouse.joinpath(*table.split("."))
        spark.sql(f"VACUUM delta.`{location}` RETAIN 0 HOURS").collect()
    allowed = keys(lake, "retire", "k001")
    assert allowed.exit_code == 0, allowed.output
    assert both(lake) == loaded
    assert lake.keyring.ids() == ("k002",)


def test_killed_half_way_and_resumed(lake: Lake) -> None:
    before = both(lake)
    keys(lake, "rotate")
    versions = lake.versions("bronze")["message"]
    for point in ("slice-merged:2", "slice-staged:2"):  # one slice of texter, four of message
        die_at(lake.root, ROTATE, point)
    assert lake.versions("bronze")["message"] > versions, "a slice had landed before the process died"
    assert ids(lake)["local_bronze.platformdb.message"] == {"k001", "k002"}
    assert both(lake) == before
    run = [e for e in lake.project.ledger() if e.result.status is Status.RUNNING][-1].context.run_id
    resumed = lake.project.run(ROTATE, resume=run)
    assert resumed.status is Status.SUCCEEDED
    assert {k for t, found in ids(lake).items() if "bronze" in t for k in found} == {"k002"}
    assert both(lake) == before
    assert not list((lake.warehouse / "_staging").glob(f"{run}*"))


def test_a_value_moved_elsewhere_does_not_open_after_rotation(lake: Lake, spark: SparkSession) -> None:
    keys(lake, "rotate")
    lake.project.rewrite_keys()
    location = lake.warehouse / "local_bronze/platformdb/message"
    texts = lake.bronze("message").where("message IS NOT NULL").orderBy("id")
    first, second = (r[0] for r in texts.select("id").take(2))
    spark.sql(
        f"MERGE INTO delta.`{location}` t USING (SELECT message FROM delta.`{location}` WHERE id = {first}) s "
        f"ON t.id = {second} WHEN MATCHED THEN UPDATE SET t.message = s.message"
    ).collect()
    with pytest.raises(Exception, match="HL-KEY-004"):
        opened(lake, lake.bronze("message"), "message")
    keys(lake, "rotate")
    records = lake.project.rewrite_keys(tables=["message"])
    error = records[0].tables[0].error
    assert error is not None
    assert error.code == "HL-KEY-004"


def test_a_new_hash_key_floods_nothing(lake: Lake) -> None:
    scheme = lake.bronze("message").schema["_row_hash"].metadata
    assert keys(lake, "rotate", "--hash").exit_code == 0
    assert lake.project.run(LOAD).status is Status.UNCHANGED, "loads compare under the scheme of the table"
    write_export(DATABASE, lake.landing, 1)
    lake.project.run(LOAD)
    assert lake.bronze("message").schema["_row_hash"].metadata == scheme
    expected = {p.table: p.counts for p in lake.project.plan(SILVER, exact=True)}
    assert expected["message"].changed > 0
    before = both(lake)

    lake.project.run(ROTATE)
    with pytest.raises(RunFailed) as refused:
        lake.project.run(SILVER)
    assert {t.error.code for t in refused.value.record.tables if t.error} == {"HL-TBL-006"}
    assert all(r.status.good for r in lake.project.rewrite_keys())
    assert lake.bronze("message").schema["_row_hash"].metadata != scheme
    for name, rows in both(lake).items():
        hashes = ("_row_hash", "_checksum")
        assert without(rows, *hashes) == without(before[name], *hashes), name
        assert not {r["_row_hash"] for r in rows.values()} & {r["_row_hash"] for r in before[name].values()}

    silver = {t.table: t.counts for t in lake.project.run(SILVER).tables}
    for table in TABLES:
        assert changes(silver[table]) == changes(expected[table]), "what was new before is new now, and nothing else"
    live = {k: r["_row_hash"] for k, r in both(lake)["bronze.message"].items() if r["_deleted_at"] is None}
    assert {k: r["_row_hash"] for k, r in both(lake)["silver.message"].items()} == live
    for job in (LOAD, SILVER):
        assert lake.project.run(job).status is Status.UNCHANGED
    assert all(r.status is Status.UNCHANGED for r in lake.project.rewrite_keys())
