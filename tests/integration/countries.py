"""A lake of the US development instance whose exports hold rows of other countries, and a search of all it wrote.

Every foreign row carries `MARK` in a column that lies in clear, so that it would be seen wherever it came to rest.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from projects import LOAD, REPOSITORY, SILVER

from havenlake.api import Project
from havenlake.privacy import KEYRING_FILE, Keyring
from havenlake.runner import RunFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import DataFrame, SparkSession

    from havenlake.records import TableResult

MARK = "ZEBRA"
JOBS, ASSETS = "jobs-configuration/ctl-dev/ctl-dev-jobs-configs.yaml", "data-assets/ctl-dev/ctl-dev-platform-db.yaml"
DECLARED: dict[str, dict[str, Any]] = {
    "texter": {
        "identity": ["id"],
        "encrypted": ["note"],
        "columns": {"nick": "clear"},
        "context": {"country": "country_code", "subject": "id"},
    },
    "caller": {
        "identity": ["id"],
        "encrypted": ["phone"],
        "columns": {"nick": "clear"},
        "context": {"phone": "phone"},
    },
    "conversation": {
        "identity": ["id"],
        "columns": {"nick": "clear"},
        "context": {"country": "country_code", "conversation": "id"},
    },
    "message": {
        "identity": ["id"],
        "encrypted": ["note"],
        "columns": {"nick": "clear"},
        "context": {"via": "conversation", "on": {"conversation_id": "id"}},
    },
    "part": {
        "identity": ["id"],
        "columns": {"nick": "clear"},
        "context": {"via": "message", "on": {"message_id": "id"}},
    },
}


@dataclass(frozen=True)
class Country:
    """The instance, loaded anew for every call, as a new process would."""

    root: Path
    spark: SparkSession

    @classmethod
    def create(cls, root: Path, spark: SparkSession, *tables: str, **job_input: Any) -> Country:
        for part in ("workspaces/ctl-dev", "jobs-configuration/ctl-dev"):
            shutil.copytree(REPOSITORY / part, root / part)
        shutil.copy(REPOSITORY / "workspaces/residency-zones.yaml", root / "workspaces")
        (root / ASSETS).parent.mkdir(parents=True)
        (root / ASSETS).write_text(yaml.safe_dump({t: DECLARED[t] for t in tables}))
        lake = cls(root, spark)
        lake.configure(tables, job_input)
        lake.lake.mkdir()
        Keyring.create_file(lake.lake / KEYRING_FILE, "local")
        return lake

    def configure(self, tables: tuple[str, ...], job_input: Mapping[str, Any]) -> None:
        jobs = yaml.safe_load((self.root / JOBS).read_text())
        for stage in ("maintenance", "monitoring"):
            jobs["stages"].pop(stage, None)
        for stage in jobs["stages"].values():
            for job in stage["spark_jobs"].values():
                job["job_input"]["tables_for_processing"] = list(tables)
        jobs["stages"]["raw_to_landing"]["spark_jobs"][LOAD]["job_input"].update(job_input)
        (self.root / JOBS).write_text(yaml.safe_dump(jobs))

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def project(self) -> Project:
        opened = Project.open(self.root, workspace="ctl-dev", local=self.lake)
        return Project(opened.workspace, self.spark)

    def put(self, table: str, rows: pa.Table) -> None:
        folder = self.lake / "landing/ctl-dev-landing/platformdb" / table
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        pq.write_table(rows, folder / "part.parquet")

    def load(self, job: str = LOAD) -> dict[str, TableResult]:
        try:
            record = self.project.run(job, accept_real_data=True)
        except RunFailed as failed:
            record = failed.record
        return {t.table: t for t in record.tables}

    def to_silver(self) -> dict[str, TableResult]:
        return self.load(SILVER)

    def bronze(self, table: str) -> DataFrame:
        return self.project.table(f"ctl_dev_bronze.platformdb.{table}")

    def silver(self, table: str) -> DataFrame:
        return self.project.table(f"ctl_dev_silver.platformdb.{table}")

    def quarantined(self, table: str, run_id: str | None = None) -> list[dict[str, Any]]:
        rows = self.project.table("ctl_dev_operations.havenlake.quarantine")
        rows = rows.where(f"target = 'ctl_dev_bronze.platformdb.{table}'")
        found = rows.where(f"run_id = '{run_id}'") if run_id else rows
        return [r.asDict() for r in found.collect()]

    def files(self) -> Iterator[Path]:
        """Every file that loads wrote, whether a version needs it or not."""
        for file in self.lake.rglob("*"):
            if file.is_file() and "landing" not in file.relative_to(self.lake).parts[:1]:
                yield file

    def resting(self, word: str = MARK) -> list[str]:
        """Files that hold the word, in their bytes or in a value."""
        return [str(f) for f in self.files() if word.encode() in f.read_bytes() or word in " ".join(_texts(f))]

    def identities(self, table: str) -> set[Any]:
        """Every identity in any file of the bronze and silver table."""
        return {v for f in self.files() if table in f.parts for v in _column(f, "id")}


def _column(file: Path, name: str) -> list[Any]:
    if file.suffix != ".parquet" or "_delta_log" in file.parts:
        return []
    table = pq.read_table(file, partitioning=None)
    return table[name].to_pylist() if name in table.column_names else []


def _texts(file: Path) -> Iterator[str]:
    """Every text and binary value of a parquet file."""
    if file.suffix == ".parquet":
        table = pq.read_table(file, partitioning=None)
        for name in table.column_names:
            if pa.types.is_string(table[name].type) or pa.types.is_binary(table[name].type):
                yield from (v if isinstance(v, str) else v.decode("latin-1") for v in table[name].to_pylist() if v)


def people(count: int, foreign: dict[int, str | None], *, usual: str = "US") -> pa.Table:
    """Texters by country: `usual`, and those of `foreign` by id, marked."""
    ids = list(range(1, count + 1))
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "country_code": pa.array([foreign.get(i, usual) for i in ids], pa.string()),
            "nick": [f"{MARK}-{i}" if i in foreign else f"nick-{i}" for i in ids],
            "note": [f"{MARK} note {i}" if i in foreign else f"note {i}" for i in ids],
        }
    )
