"""Havenlake through its public door: a project folder of YAML, opened and run, with everything a run does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pyspark.sql import DataFrame, SparkSession

from benchmarks.snapshots import COLUMNS
from havenlake.api import Project
from havenlake.applications.to_silver import ToSilver
from havenlake.privacy import KEYRING_FILE, Binding, Keyring, ScrubbedText
from havenlake.transforms import decrypt_columns

WORKSPACE = "bench"
ZONE = "local"
WAREHOUSE = "warehouse"
BRONZE, SILVER = "bench_bronze.platformdb", "bench_silver.platformdb"
LOAD, TO_SILVER = "full_load_job", "bronze_to_silver_job"
_ASSETS = f"data-assets/{WORKSPACE}/{WORKSPACE}-platform-db.yaml"
_ASSET = {
    "identity": ["id"],
    "encrypted": ["message"],
    "scrubbing": ["message"],
    "md5_checksum": ["message", "status", "type", "timestamp"],
    "columns": {"status": "clear", "type": "clear"},
}
_FACTS = {
    "format": 1,
    "name": WORKSPACE,
    "environment": "local",
    "country": "US",
    "zone": ZONE,
    "region": "local",
    "languages": ["en"],
    "catalogs": {layer: f"bench_{layer}" for layer in ("bronze", "silver", "gold", "operations")},
    "warehouse": WAREHOUSE,
}


class FullLoads:
    """Bronze: `full_load_job` of every table, as the CLI and a notebook start it."""

    name = "Havenlake"

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        write_project(folder, before or snapshot, tables)
        keyring = _keyring_file(folder)
        keyring.parent.mkdir()
        Keyring.create_file(keyring, ZONE)
        if before is not None:
            self.load(folder, before, tables)

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        write_project(folder, snapshot, tables)
        _project(folder, self._spark).run(LOAD)

    def clear(self, folder: Path, table: str) -> DataFrame:
        keyring = Keyring.load_file(_keyring_file(folder))
        binding = Binding(f"platformdb.{table}", ("id",), ZONE)
        live = _project(folder, self._spark).table(f"{BRONZE}.{table}").where("_deleted_at IS NULL")
        return live.transform(decrypt_columns(["message"], keyring, binding)).select(*COLUMNS)


class ToSilvers:
    """Silver: what bronze has received is decrypted, scrubbed and merged; bronze's own load is not timed."""

    name = FullLoads.name

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._bronze = FullLoads(spark)

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        self._bronze.prepare(folder, before, snapshot, tables)
        if before is not None:
            self.load(folder, before, tables)
        self._bronze.load(folder, snapshot, tables)

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        del snapshot, tables  # silver reads bronze, and the project lists the tables
        workspace = _project(folder, self._spark).workspace
        ToSilver(scrubber=Unchanged()).run(workspace, workspace.job(TO_SILVER), spark=self._spark)

    def clear(self, folder: Path, table: str) -> DataFrame:
        return _project(folder, self._spark).table(f"{SILVER}.{table}").select(*COLUMNS)


class Hours:
    """Bronze and silver, one run of each job."""

    name = FullLoads.name

    def __init__(self, spark: SparkSession) -> None:
        self._bronze, self._silver = FullLoads(spark), ToSilvers(spark)

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        self._bronze.prepare(folder, before, snapshot, tables)
        if before is not None:
            self._silver.load(folder, before, tables)

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        self._bronze.load(folder, snapshot, tables)
        self._silver.load(folder, snapshot, tables)

    def clear(self, folder: Path, table: str) -> DataFrame:
        return self._silver.clear(folder, table)


class Unchanged:
    """A scrubber that masks nothing: what remains is the cost of everything around it."""

    fingerprint = "unchanged"

    def scrub(self, texts: Sequence[str], *_context: object, **_named: object) -> list[ScrubbedText]:
        return [ScrubbedText(text) for text in texts]


def write_project(folder: Path, landing: Path, tables: Sequence[str]) -> None:
    """Write the three files a project consists of; tables come from folders below `landing`."""
    common = {"tables_for_processing": list(tables), "data_assets_config": _ASSETS}
    load = {"load_base_path": str(landing.absolute()), **common}
    jobs = {
        "raw_to_landing": _stage(LOAD, load, BRONZE),
        "bronze_to_silver": _stage(TO_SILVER, {"bronze_schema": BRONZE, **common}, SILVER),
    }
    _dump(folder / f"workspaces/{WORKSPACE}/workspace-vars.yaml", _FACTS)
    _dump(folder / f"jobs-configuration/{WORKSPACE}/{WORKSPACE}-jobs-configs.yaml", {"stages": jobs})
    _dump(folder / _ASSETS, dict.fromkeys(tables, _ASSET))


def _project(folder: Path, spark: SparkSession) -> Project:
    return Project(Project.open(folder, workspace=WORKSPACE).workspace, spark)


def _keyring_file(folder: Path) -> Path:
    return folder / WAREHOUSE / KEYRING_FILE


def _stage(app_name: str, job_input: dict[str, Any], schema: str) -> dict[str, Any]:
    return {"spark_jobs": {app_name: {"app_name": app_name, "job_input": job_input, "job_output": {"schema": schema}}}}


def _dump(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.dump(content, Dumper=_NoAnchors, sort_keys=False), encoding="utf-8")


class _NoAnchors(yaml.SafeDumper):
    """Tables share one description here; anchors are for people who write YAML by hand."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True
