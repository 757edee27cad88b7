"""What tests of drafts share: a draft loaded as the asset file of a real project."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from havenlake.config import load_project
from havenlake.suggest import Draft, FolderTables, asset_text, draft

if TYPE_CHECKING:
    from havenlake.config import Asset

REPOSITORY = Path(__file__).parents[2]
TODAY = date(2026, 11, 1)


def drafted(folder: Path, *tables: str, rows: int = 1_000) -> Draft:
    return draft(FolderTables(folder, rows), tables, today=TODAY)


def loaded(found: Draft, root: Path) -> dict[str, Asset]:
    """Assets of a draft, through the loader and every check that `havenlake validate` makes."""
    shutil.copytree(REPOSITORY / "workspaces/local", root / "workspaces/local")
    (root / "data-assets/local").mkdir(parents=True)
    path = "data-assets/local/local-draft.yaml"
    (root / path).write_text(asset_text(found), encoding="utf-8")
    tables = [table.name for table in found.tables if not table.refused]
    job_input: dict[str, Any] = {
        "load_base_path": "landing",
        "tables_for_processing": tables,
        "data_assets_config": path,
    }
    job = {"app_name": "full_load_job", "job_input": job_input, "job_output": {"schema": "local_bronze.x"}}
    (root / "jobs-configuration/local").mkdir(parents=True)
    text = yaml.safe_dump({"stages": {"raw_to_landing": {"spark_jobs": {"load": job}}}})
    (root / "jobs-configuration/local/local-jobs-configs.yaml").write_text(text, encoding="utf-8")
    workspace = load_project(root, "local").workspace("local")
    return dict(workspace.assets_of(workspace.job("load")))
