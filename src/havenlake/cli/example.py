"""The embedded example: the `local` workspace, as the wheel carries it or as the repository holds it."""

from __future__ import annotations

import shutil
from pathlib import Path

import havenlake

FOLDERS = ("workspaces/local", "jobs-configuration/local", "data-assets/local")
ZONES = "workspaces/residency-zones.yaml"


def write_example(root: Path) -> None:
    """Copy the example's configuration into `root`."""
    source = _example_root()
    for folder in FOLDERS:
        shutil.copytree(source / folder, root / folder, dirs_exist_ok=True)
    shutil.copyfile(source / ZONES, root / ZONES)


def _example_root() -> Path:
    package = Path(havenlake.__file__).parent
    packaged = package / "_example"
    return packaged if packaged.is_dir() else package.parents[1]
