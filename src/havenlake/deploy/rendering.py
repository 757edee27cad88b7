"""The files that Terraform reads, as text: rendered from configuration, committed, and refused when they are stale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from havenlake.config import Project, WorkspaceConfig
from havenlake.deploy.catalogue import CatalogueFile, load_catalogue
from havenlake.deploy.jobs import jobs_document
from havenlake.deploy.monitors import monitors_documents
from havenlake.errors import HavenlakeError

JOBS_FILE = "etl/jobs.json"


def rendered_files(
    project: Project, workspace: str, catalogue: Mapping[str, CatalogueFile] | None = None
) -> Mapping[str, str]:
    """Every rendered file of a workspace: text by path relative to the repository. HL-DEP-… for what cannot be."""
    config = project.workspace(workspace)
    documents = {JOBS_FILE: jobs_document(config)}
    files = load_catalogue(project.root) if catalogue is None else catalogue
    monitors = monitors_documents(config, files, deployed_workspaces(project))
    documents |= {f"monitoring/{unit}/monitors.json": document for unit, document in monitors.items()}
    return {f"workspaces/{workspace}/{name}": as_text(document) for name, document in documents.items()}


def deployed_workspaces(project: Project) -> tuple[str, ...]:
    """Workspaces that have a deployment."""
    return tuple(name for name, config in project.workspaces.items() if is_deployed(config))


def is_deployed(config: WorkspaceConfig) -> bool:
    """Whether a workspace is deployed at all."""
    return config.vars.deployment is not None


def write_files(root: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Write the files that differ; the paths written."""
    changed = tuple(path for path, text in files.items() if _read(root / path) != text)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path], encoding="utf-8")
    return changed


def check_fresh(root: Path, files: Mapping[str, str]) -> None:
    """HL-DEP-003 for the first file that is not what configuration says now."""
    stale = [path for path, text in files.items() if _read(root / path) != text]
    if stale:
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        message = f"'{stale[0]}'{more} is not what the configuration says"
        raise HavenlakeError("HL-DEP-003", message, hint="run `havenlake render` and commit what it writes")


def as_text(document: Any) -> str:
    """JSON in one spelling, so that equal content is equal text."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
