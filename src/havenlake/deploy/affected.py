"""Which instances a change touches: from the paths of changed files, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_OWN = ("workspaces", "jobs-configuration", "data-assets")
"""Folders with a folder for each instance."""
_ALL = (
    "workspaces/residency-zones.yaml",
    "workspaces/root.hcl",
    "workspaces/_units",
    "terraform",
    "policies",
    "policy",
    "notebooks",
    "tools/iac",
    "tools/pipeline.py",
    ".github/workflows",
    "ci",
)
"""What every instance is made of. The package is not: an instance runs the release that it pins, and the catalogue of
monitors is not, because what is rendered of it lies in the folder of each instance."""
_ACCOUNT = "workspaces/_account"
"""What all instances of a zone share, by zone."""


def affected(changed: Iterable[str], zones: Mapping[str, str]) -> tuple[str, ...]:
    """The instances to plan; `zones` is the zone of every deployed instance. Paths are relative to the repository.

    >>> zones = {"ctl-prod": "us", "tai-prod": "ca"}
    >>> affected(["data-assets/tai-prod/tai-prod-platform-db.yaml"], zones)
    ('tai-prod',)
    >>> affected(["terraform/etl/main.tf"], zones), affected(["docs/index.md"], zones)
    (('ctl-prod', 'tai-prod'), ())
    """
    found: set[str] = set()
    for path in changed:
        found |= _of(PurePosixPath(path), zones)
    return tuple(sorted(found))


def _of(path: PurePosixPath, zones: Mapping[str, str]) -> set[str]:
    if any(path.is_relative_to(shared) for shared in _ALL):
        return set(zones)
    if path.is_relative_to(_ACCOUNT):
        zone = path.relative_to(_ACCOUNT).parts[0] if path != PurePosixPath(_ACCOUNT) else None
        inside = {name for name, own in zones.items() if own == zone}
        return inside or set(zones)  # a file of no zone is shared by all
    if len(path.parts) > 1 and path.parts[0] in _OWN and path.parts[1] in zones:
        return {path.parts[1]}
    return set()
