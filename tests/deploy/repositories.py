"""A small deployed repository for tests, to be changed by text."""

from __future__ import annotations

import shutil
from pathlib import Path

from havenlake.config import load_project

REPOSITORY = Path(__file__).parents[2]
PARTS = ("workspaces", "jobs-configuration", "data-assets", "monitors", "notebooks")
JOBS = "jobs-configuration/ctl-dev/ctl-dev-jobs-configs.yaml"
VARS = "workspaces/ctl-dev/workspace-vars.yaml"


def copied(folder: Path) -> Path:
    """The repository's configuration in a folder of its own."""
    for part in PARTS:
        if (REPOSITORY / part).is_dir():
            shutil.copytree(REPOSITORY / part, folder / part)
    return folder


def edit(root: Path, path: str, *replacements: tuple[str, str]) -> Path:
    """Change a file; every text to replace must be there once."""
    text = (root / path).read_text(encoding="utf-8")
    for old, new in replacements:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    (root / path).write_text(text, encoding="utf-8")
    return root


def workspace(root: Path, name: str = "ctl-dev"):
    return load_project(root, name).workspace(name)
