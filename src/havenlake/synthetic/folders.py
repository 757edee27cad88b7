"""Replaces a folder as a whole, and marks a folder as holding synthetic data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from havenlake.errors import HavenlakeError

MARKER = "SYNTHETIC.json"


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A new sibling to write into, which takes the folder's place at the end; the old files go last.

    A crash leaves the old folder, or the whole new one; leavings are swept up by the next call.
    """
    new, old = folder.parent / f".{folder.name}.new", folder.parent / f".{folder.name}.old"
    _restore(folder, old)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    yield new
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _restore(folder: Path, old: Path) -> None:
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def open_marked(folder: Path, facts: dict[str, Any]) -> None:
    """Make the folder and mark it as being written; refuse one that holds anything not marked synthetic."""
    if folder.exists() and not folder.is_dir():
        raise HavenlakeError("HL-CFG-004", "is a file, not a folder", where=str(folder), hint="name another folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise HavenlakeError(
            "HL-SRC-008",
            f"the folder is not empty and holds no {MARKER}; synthetic data is not mixed with other data",
            where=str(folder),
            hint="name a new or empty folder",
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark(folder, {**facts, "complete": False})


def mark(folder: Path, facts: dict[str, Any]) -> None:
    """Write the marker, in one step."""
    write_json(folder / MARKER, {"synthetic": True, **facts})


def read_marker(folder: Path) -> dict[str, Any]:
    """What the marker says; nothing where there is none."""
    file = folder / MARKER
    facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return facts


def write_json(file: Path, content: Any) -> None:
    """Write a JSON file, in one step."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(file)
