"""A project whose only job is an application of a user's own, found by entry point as an installed package's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from havenlake.api import Project
from havenlake.applications.registry import application
from havenlake.config import job_inputs, load_project
from havenlake.names import TableName
from havenlake.runner.environment import RunEnvironment, open_environment
from havenlake.runtime.clock import SystemClock
from havenlake.tables import DeltaStore, Ledger

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.records import LedgerEntry, RunRecord, TablePlan

PLUGIN = Path(__file__).parent / "plugin"
ENTRY_POINTS = """
[havenlake.applications]
copy_job = copy_job:CopyJob
[havenlake.job_inputs]
copy_job = copy_inputs:CopyInput
"""
WORKSPACE = """
format: 1
name: local
environment: local
country: US
zone: local
region: local
languages: [en]
catalogs: {bronze: lake_bronze, silver: lake_silver, gold: lake_gold, operations: lake_operations}
warehouse: warehouse
"""
JOBS = """
stages:
  maintenance:
    spark_jobs:
      copy:
        app_name: copy_job
        parallel_tables: PARALLEL
        job_input: &copy
          orders: orders
          tables_for_processing: [TABLES]
          data_assets_config: data-assets/local/assets.yaml
        job_output: {schema: lake_gold.copies}
      other:
        app_name: copy_job
        job_input:
          <<: *copy
        job_output: {schema: lake_gold.others}
      rival:
        app_name: copy_job
        job_input: *copy
        job_output: {schema: lake_gold.copies}
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an installed distribution that brings the application."""
    folder = tmp_path_factory.mktemp("site-packages")
    info = folder / "copy_job-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: copy-job\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    for module in PLUGIN.glob("*.py"):
        (folder / module.name).write_text(module.read_text())
    sys.path.insert(0, str(folder))
    job_inputs._installed.cache_clear()
    yield folder
    sys.path.remove(str(folder))
    job_inputs._installed.cache_clear()


@dataclass
class Copies:
    """A project in a folder, its orders, and what tests ask of its tables."""

    root: Path
    spark: SparkSession | None = None
    job: str = "copy"
    _orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def create(cls, root: Path, tables: list[str], *, spark: SparkSession | None = None, parallel: int = 4) -> Copies:
        jobs = JOBS.replace("PARALLEL", str(parallel)).replace("TABLES", ", ".join(tables))
        files = {
            "workspaces/local/workspace-vars.yaml": WORKSPACE,
            "jobs-configuration/local/local-jobs-configs.yaml": jobs,
            "data-assets/local/assets.yaml": "".join(f"{t}: {{identity: [id]}}\n" for t in tables),
        }
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "orders").mkdir()
        (root / "warehouse").mkdir()
        copies = cls(root, spark)
        copies.order(**{table: {} for table in tables})
        return copies

    def order(self, **orders: dict[str, Any]) -> None:
        """What the application is to do with each of these tables."""
        for table, order in orders.items():
            (self.root / "orders" / f"{table}.json").write_text(json.dumps(order))

    @property
    def loaded(self) -> tuple[WorkspaceConfig, Job]:
        workspace = load_project(self.root, "local").workspace("local")
        return workspace, workspace.job(self.job)

    def run(self, **options: Any) -> RunRecord:
        workspace, job = self.loaded
        return application(job.app_name).run(workspace, job, spark=self.spark, **options)

    def plan(self, **options: Any) -> tuple[TablePlan, ...]:
        workspace, job = self.loaded
        return application(job.app_name).plan(workspace, job, spark=self.spark, **options)

    def environment(self, run_id: str, attempt: int = 1) -> RunEnvironment:
        workspace, job = self.loaded
        assert self.spark is not None
        return open_environment(
            self.spark, workspace, job, run_id=run_id, attempt=attempt, layer="gold", clock=SystemClock()
        )

    @property
    def store(self) -> DeltaStore:
        return Project(self.loaded[0], self.spark).store

    @property
    def ledger(self) -> Ledger:
        return self.environment("reader").ledger

    def told(self, run_id: str) -> list[LedgerEntry]:
        """Everything the ledger says of a run, in order."""
        return list(self.ledger.of_run(run_id))

    def target(self, table: str) -> TableName:
        return TableName("lake_gold", "copies", table)

    def texts(self, table: str) -> dict[int, str]:
        """The table on disk."""
        rows = self.store.read(self.target(table)).select("id", "text").collect()
        found = {r["id"]: r["text"] for r in rows}
        assert len(found) == len(rows), "an identity stands twice"
        return found


@pytest.fixture
def copies(installed: Path, tmp_path: Path, spark: SparkSession) -> Copies:
    """A project of three tables that do nothing until they are told to."""
    return Copies.create(tmp_path / "project", ["a", "b", "c"], spark=spark)


def files_below(folder: Path) -> dict[str, int]:
    """Every file below a folder, with its size."""
    return {str(f.relative_to(folder)): f.stat().st_size for f in folder.rglob("*") if f.is_file()}
