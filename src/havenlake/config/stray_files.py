"""Files and folders that nothing reads: a misspelt name must not leave a table without its rules in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from havenlake.config.problems import Problems, suggestion
from havenlake.config.repository import jobs_file
from havenlake.errors import Position

_FOLDERS = ("jobs-configuration", "data-assets")


def check_stray_folders(root: Path, workspaces: Iterable[str], problems: Problems) -> None:
    """Folders of jobs or assets that belong to no workspace."""
    known = set(workspaces)
    for folder in _FOLDERS:
        for path in _entries(root / folder):
            if path.is_dir() and path.name not in known:
                where = Position(path.relative_to(root).as_posix(), 1, 1)
                message = f"folder belongs to workspace '{path.name}', which is not known"
                problems.add("HL-CFG-014", message, where, suggestion(path.name, known))


def check_stray_files(root: Path, workspace: str, problems: Problems) -> None:
    """Jobs and asset files of one workspace that have another name than the one that is read."""
    wanted = jobs_file(workspace)
    for path in _entries(root / "jobs-configuration" / workspace):
        name = path.relative_to(root).as_posix()
        if path.suffix in (".yaml", ".yml") and name != wanted:
            problems.add(
                "HL-CFG-008", "file is not read: jobs stand in one file", Position(name, 1, 1), f"use {wanted}"
            )
    for path in _entries(root / "data-assets" / workspace):
        if path.suffix == ".yml":
            where = Position(path.relative_to(root).as_posix(), 1, 1)
            problems.add("HL-CFG-008", "file is not read: asset files end in .yaml", where, "rename it")


def _entries(folder: Path) -> Iterator[Path]:
    """What lies in a folder, hidden and private entries left out."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return (path for path in found if path.name[0] not in "._")
