"""A lake of small tables made by hand, for tests that decide themselves what a source holds from load to load."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from projects import LOAD, SILVER, Lake

from havenlake.applications.registry import application
from havenlake.runner import RunFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import SparkSession

    from havenlake.records import Clock, RunRecord, TableResult

UPKEEP = "maintain"
JOBS = "jobs-configuration/local/local-jobs-configs.yaml"
ASSETS = "data-assets/local/local-platform-db.yaml"


def things(root: Path, spark: SparkSession, assets: Mapping[str, Mapping[str, Any]]) -> Lake:
    """A lake whose jobs process exactly these assets."""
    lake = Lake.create(root, spark).only_tables(*assets)
    declare(lake, assets)
    return lake


def declare(lake: Lake, assets: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the asset file anew."""
    (lake.root / ASSETS).write_text(yaml.safe_dump({name: dict(keys) for name, keys in assets.items()}))


def put(lake: Lake, table: str, rows: pa.Table) -> None:
    """Make these rows the table's snapshot."""
    folder = lake.landing / table
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / "part.parquet")


def load(lake: Lake, job: str = LOAD) -> dict[str, TableResult]:
    """Run a job and say what happened to each table, failures included."""
    try:
        record = lake.project.run(job)
    except RunFailed as failed:
        record = failed.record
    return {t.table: t for t in record.tables}


def both(lake: Lake) -> None:
    """Load and carry on into silver; both must go well."""
    for job in (LOAD, SILVER):
        assert all(t.status.good for t in load(lake, job).values()), load


def maintain(lake: Lake, clock: Clock | None = None, **job_input: Any) -> dict[str, TableResult]:
    """Upkeep with some of its input changed; the result of each table by its full name."""
    workspace = lake.project.workspace
    job = workspace.job(UPKEEP)
    changed = job.model_copy(update={"job_input": job.job_input.model_copy(update=job_input)})
    record: RunRecord = application(UPKEEP).run(workspace, changed, spark=lake.spark, clock=clock)
    return {t.target: t for t in record.tables}


def files_of(lake: Lake, name: str) -> list[str]:
    """Data files of the newest version."""
    return lake.project.table(name).inputFiles()


def rows_of(lake: Lake, name: str) -> dict[Any, dict[str, Any]]:
    """Rows by `id`."""
    rows = lake.project.table(name).toArrow().to_pylist()
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def parquet_values(folder: Path, column: str) -> Iterable[tuple[Any, Any]]:
    """(`id`, value) of every row of every data and change-feed file on disk, whether a version needs it or not."""
    for file in folder.rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            table = pq.read_table(file, partitioning=None)
            if {"id", column} <= set(table.column_names):
                yield from zip(table["id"].to_pylist(), table[column].to_pylist(), strict=True)
