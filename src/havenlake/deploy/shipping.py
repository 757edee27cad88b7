"""The copy of configuration and notebooks that an instance is given: all that its jobs read, and nothing of another."""

from __future__ import annotations

from pathlib import Path

from havenlake.config import WorkspaceConfig
from havenlake.config.policies import FOLDER as POLICIES
from havenlake.config.project import ZONES_FILE

NOTEBOOKS = "notebooks"


def shipped_files(config: WorkspaceConfig) -> tuple[str, ...]:
    """Paths relative to the repository: the files the workspace was loaded from, and what all instances share."""
    root = config.root
    shared = [root / ZONES_FILE, *_yaml(root / POLICIES), *sorted((root / NOTEBOOKS).rglob("*.py"))]
    own = [root / path for path in config.documents]
    found = {path.relative_to(root).as_posix() for path in (*own, *shared) if path.is_file()}
    return tuple(sorted(found))


def _yaml(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml")) if folder.is_dir() else []
