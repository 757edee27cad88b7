"""Compares a planned job with the file it was made from."""

from __future__ import annotations

import json
from typing import Any

from tests.infrastructure.trees import ROOT

# How the provider names what the file, in the shape of the Jobs API, names otherwise.
NAMES = {
    "job_clusters": "job_cluster",
    "environments": "environment",
    "parameters": "parameter",
    "tasks": "task",
    "libraries": "library",
}


def rendered(workspace: str, file: str) -> dict[str, Any]:
    """A file that `havenlake render` has written."""
    result: dict[str, Any] = json.loads((ROOT / "workspaces" / workspace / file).read_text(encoding="utf-8"))
    return result


def lost(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Paths of the file whose value is not in the plan; ids stand where the file has logical names."""
    if isinstance(wanted, dict):
        holder = found[0] if isinstance(found, list) and len(found) == 1 else found
        pairs = [(key, value, (holder or {}).get(NAMES.get(key, key))) for key, value in wanted.items()]
        return [one for key, value, other in pairs for one in lost(value, other, f"{path}.{key}")]
    if isinstance(wanted, list):
        if len(wanted) != len(found or []):
            return [path]
        if all(isinstance(item, dict) for item in wanted):
            wanted = sorted(wanted, key=lambda item: str(item.get("task_key", "")))
        return [one for item, other in zip(wanted, found or [], strict=True) for one in lost(item, other, path)]
    logical = path.endswith((".service_principal_name", ".policy_id"))
    return [] if logical or wanted == found else [f"{path}: {wanted!r} became {found!r}"]


def arrived_names(job: dict[str, Any], after: dict[str, Any], workspace: str) -> bool:
    """Whether run_as and the policies of clusters became the ids of what the file names."""
    name = job["run_as"]["service_principal_name"]
    principal: str = after["run_as"][0]["service_principal_name"]
    made = [cluster["new_cluster"][0]["policy_id"] for cluster in after["job_cluster"]]
    asked = [cluster["new_cluster"]["policy_id"] for cluster in job["job_clusters"]]
    policies = all(one.endswith(f"{workspace}-{two}") for one, two in zip(made, asked, strict=True))
    return principal.endswith(f"{workspace}-{name}") and policies
