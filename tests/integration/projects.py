"""Small projects for tests: the `local` workspace of the repository in a folder of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from havenlake.api import Project
from havenlake.privacy import KEYRING_FILE, Binding, Keyring
from havenlake.transforms import decrypt_columns
from havenlake.transforms.encryption import TYPE_KEY

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

REPOSITORY = Path(__file__).parents[2]
LOAD, SILVER = "full_load_job", "bronze_to_silver_job"


@dataclass(frozen=True)
class Lake:
    """A project in a folder, with what tests ask of its tables."""

    root: Path
    spark: SparkSession | None = None

    @classmethod
    def create(cls, root: Path, spark: SparkSession | None = None) -> Lake:
        for part in ("workspaces/local", "jobs-configuration/local", "data-assets/local"):
            shutil.copytree(REPOSITORY / part, root / part)
        shutil.copy(REPOSITORY / "workspaces/residency-zones.yaml", root / "workspaces")
        lake = cls(root, spark)
        lake.warehouse.mkdir()
        Keyring.create_file(lake.warehouse / KEYRING_FILE, "local")
        return lake

    @property
    def warehouse(self) -> Path:
        return self.root / ".havenlake"

    @property
    def landing(self) -> Path:
        return self.warehouse / "landing" / "platformdb"

    @property
    def project(self) -> Project:
        """Loaded anew, as a new process would."""
        opened = Project.open(self.root, workspace="local")
        return Project(opened.workspace, self.spark)

    @property
    def keyring(self) -> Keyring:
        return Keyring.load_file(self.warehouse / KEYRING_FILE, zone="local")

    def edit(self, path: str, *replacements: tuple[str, str]) -> None:
        """Change a configuration file; every text to replace must be there."""
        file = self.root / path
        text = file.read_text()
        for old, new in replacements:
            assert old in text, f"{old!r} is not in {path}"
            text = text.replace(old, new)
        file.write_text(text)

    def unscrubbed(self) -> Lake:
        """Set no scrubbing policy: free text becomes NULL in silver."""
        path = self.root / "jobs-configuration/local/local-jobs-configs.yaml"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "scrub_policy" not in line))
        return self

    def only_tables(self, *tables: str) -> Lake:
        """Keep only these tables in the jobs' list."""
        path = self.root / "jobs-configuration/local/local-jobs-configs.yaml"
        lines = path.read_text().splitlines()
        start = next(i for i, line in enumerate(lines) if "&platform_db_tables" in line)
        end = next(i for i in range(start + 1, len(lines)) if not lines[i].strip().startswith("- "))
        path.write_text("\n".join([*lines[: start + 1], *[f"    - {t}" for t in tables], *lines[end:]]) + "\n")
        return self

    def merging(self) -> Lake:
        """Let small tables go the way of large ones: merged, never written anew."""
        jobs = "jobs-configuration/local/local-jobs-configs.yaml"
        self.edit(jobs, ("          load_base_path", "          rewrite_up_to: 0\n          load_base_path"))
        return self

    def bronze(self, table: str) -> DataFrame:
        return self.project.table(f"local_bronze.platformdb.{table}")

    def silver(self, table: str) -> DataFrame:
        return self.project.table(f"local_silver.platformdb.{table}")

    def decrypted(self, table: str) -> DataFrame:
        """Live bronze rows with every ciphertext opened."""
        rows = self.bronze(table).where("_deleted_at IS NULL")
        sealed = [f.name for f in rows.schema.fields if TYPE_KEY in f.metadata]
        return rows.transform(decrypt_columns(sealed, self.keyring, Binding(f"platformdb.{table}", ["id"], "local")))

    def versions(self, layer: str) -> dict[str, int]:
        """Newest Delta version of each table of a layer."""
        folders = (self.warehouse / f"local_{layer}" / "platformdb").iterdir()
        return {f.name: max(int(p.stem) for p in (f / "_delta_log").glob("*.json")) for f in sorted(folders)}


def by_id(table: pa.Table) -> dict[Any, dict[str, Any]]:
    """Rows by their `id`, which must be unique."""
    rows = {row["id"]: row for row in table.to_pylist()}
    assert len(rows) == table.num_rows, "an identity stands twice"
    return rows
