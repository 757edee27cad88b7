"""Small projects for tests whose only job loads tables of a PostgreSQL database."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from havenlake.api import Project
from havenlake.privacy import KEYRING_FILE, Binding, Keyring
from havenlake.runner import RunFailed
from havenlake.transforms import decrypt_columns
from havenlake.transforms.encryption import TYPE_KEY
from tests.postgres import PASSWORDS, READER, PostgresServer

if TYPE_CHECKING:
    import pytest
    from pyspark.sql import DataFrame, SparkSession

    from havenlake.records import RunRecord, TableResult

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
secret_scopes: [app]
"""
JOB = "load"


@dataclass(frozen=True)
class DatabaseLake:
    """A project in a folder that loads `tables` (name: asset) of one database."""

    root: Path
    spark: SparkSession

    @classmethod
    def create(
        cls, root: Path, spark: SparkSession, url: str, tables: dict[str, dict[str, Any]], **jdbc: Any
    ) -> DatabaseLake:
        keys = {"url": url, "schema": "app", **{k: {"scope": "app", "key": k} for k in ("user", "password")}, **jdbc}
        job_input = {
            "jdbc": keys,
            "tables_for_processing": list(tables),
            "data_assets_config": "data-assets/local/assets.yaml",
        }
        job = {"app_name": "full_load_job", "job_input": job_input, "job_output": {"schema": "lake_bronze.app"}}
        assets = {name: {"identity": ["id"], "allow_shrink": True, **asset} for name, asset in tables.items()}
        files = {
            "workspaces/local/workspace-vars.yaml": WORKSPACE,
            "jobs-configuration/local/local-jobs-configs.yaml": json.dumps(
                {"stages": {"raw_to_landing": {"spark_jobs": {JOB: job}}}}
            ),
            "data-assets/local/assets.yaml": json.dumps(assets),
        }
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "warehouse").mkdir()
        Keyring.create_file(root / "warehouse" / KEYRING_FILE, "local")
        return cls(root, spark)

    @property
    def project(self) -> Project:
        return Project(Project.open(self.root, workspace="local").workspace, self.spark)

    def run(self, **options: Any) -> RunRecord:
        return self.project.run(job=JOB, **options)

    def failed(self, **options: Any) -> dict[str, TableResult]:
        """Results by table of a run in which at least one failed."""
        try:
            self.run(**options)
        except RunFailed as failed:
            return {result.table.rpartition(".")[2]: result for result in failed.record.tables}
        raise AssertionError("every table loaded")

    def bronze(self, table: str) -> DataFrame:
        """Live rows with every ciphertext opened."""
        rows = self.project.table(f"lake_bronze.app.{table}").where("_deleted_at IS NULL")
        sealed = [f.name for f in rows.schema.fields if TYPE_KEY in f.metadata]
        keyring = Keyring.load_file(self.root / "warehouse" / KEYRING_FILE, zone="local")
        return rows.transform(decrypt_columns(sealed, keyring, Binding(f"app.{table}", ["id"], "local")))

    def text(self) -> str:
        """Everything that lies in the ledger, as text."""
        ledger = self.project.table("lake_operations.havenlake.ledger")
        return "\n".join(str(row) for row in ledger.collect())


def secrets(monkeypatch: pytest.MonkeyPatch, password: str = PASSWORDS[READER]) -> None:
    monkeypatch.setenv("HAVENLAKE_SECRET_APP_USER", READER)
    monkeypatch.setenv("HAVENLAKE_SECRET_APP_PASSWORD", password)


def held(server: PostgresServer) -> int:
    """Connections that a load has open now."""
    return int(
        server.run("postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'havenlake'")[0][0]
    )


def none_held(server: PostgresServer) -> bool:
    """Whether a load has let all its connections go; a server needs a moment to end a session that was closed."""
    until = time.monotonic() + 10
    while held(server) and time.monotonic() < until:
        time.sleep(0.05)
    return held(server) == 0
