"""Copies of the repository's infrastructure that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(".terra*", ".offline", "__pycache__")


def copy_of(root: Path, target: Path, *more: str) -> Path:
    """Modules, workspaces, what their tests and policies read, and more parts of the repository."""
    for part in ("terraform", "workspaces", *more):
        shutil.copytree(root / part, target / part, ignore=_LEFT_OUT)
    (target / "tests" / "residency").mkdir(parents=True)
    shutil.copy(root / "tests" / "residency" / "cases.yaml", target / "tests" / "residency")
    return target


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace a text that stands in a file; a text that is not there is a mistake of the test."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")
