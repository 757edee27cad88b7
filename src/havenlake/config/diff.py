"""The effective configuration of two instances side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from havenlake.config.repository import Project, WorkspaceConfig

ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """A key whose value differs; `ABSENT` where one side does not have it."""

    area: str
    """`workspace`, `job full_load_job` or `asset message`."""
    key: str
    first: Any
    second: Any

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return asdict(self)


def diff(project: Project, first: str, second: str) -> tuple[Difference, ...]:
    """Keys that differ between two workspaces: facts, jobs, assets. HL-CFG-014 for an unknown workspace."""
    left, right = _areas(project.workspace(first)), _areas(project.workspace(second))
    return tuple(
        Difference(area, key, a.get(key, ABSENT), b.get(key, ABSENT))
        for area in dict.fromkeys((*left, *right))
        for a, b in [(_flat(left.get(area)), _flat(right.get(area)))]
        for key in dict.fromkeys((*a, *b))
        if a.get(key, ABSENT) != b.get(key, ABSENT)
    )


def _areas(config: WorkspaceConfig) -> dict[str, Any]:
    """What is compared, as plain values by area."""
    areas: dict[str, Any] = {"workspace": config.vars.model_dump(mode="json")}
    for name, job in config.jobs.items():
        areas[f"job {name}"] = job.model_dump(mode="json", by_alias=True, exclude={"name", "workspace"})
    for file in config.assets.values():
        areas |= {f"asset {table}": asset.model_dump(mode="json") for table, asset in file.assets.items()}
    return areas


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested mappings as dotted keys.

    >>> _flat({"a": {"b": 1}, "c": [2]})
    {'a.b': 1, 'c': [2]}
    """
    if not isinstance(value, Mapping):
        return {prefix: value} if prefix else {}
    if not value:
        return {prefix: {}} if prefix else {}
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flat(item, f"{prefix}.{key}" if prefix else str(key))
    return flat
