"""Reads a repository's YAML into a `Project`, collecting every error of every file before raising."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from havenlake.config.asset_checks import check_assets
from havenlake.config.asset_loading import load_asset_files
from havenlake.config.from_mapping import job_of_mapping, mapping_node, workspace_of
from havenlake.config.job_checks import check_jobs
from havenlake.config.job_loading import load_jobs, written_job_names
from havenlake.config.jobs import Job
from havenlake.config.overlay import with_local
from havenlake.config.policies import check_policies
from havenlake.config.problems import Problems
from havenlake.config.repository import (
    Project,
    WorkspaceConfig,
    find_root,
    jobs_file,
    unknown_workspace,
    vars_file,
)
from havenlake.config.scope import Scope
from havenlake.config.stray_files import check_stray_files, check_stray_folders
from havenlake.config.validation import validate
from havenlake.config.workspace import Workspace
from havenlake.config.workspace_checks import check_bindings, check_workspace
from havenlake.config.yaml_loader import load_yaml
from havenlake.config.zone_checks import check_zones
from havenlake.config.zones import LOCAL_ZONE, NO_ZONES, Zones
from havenlake.errors import Position

__all__ = ["Project", "WorkspaceConfig", "find_root", "job_from_mapping", "load_project"]

ZONES_FILE = "workspaces/residency-zones.yaml"


def load_project(
    root: Path, workspace: str | None = None, *, local: Path | None = None, today: date | None = None
) -> Project:
    """Load and check all workspaces of a repository, or one.

    `local` puts every catalog and place under that folder, as `--local` does. `today` decides which residency
    exceptions are in force. Raises `ConfigErrors` with all errors of all files.
    """
    return _Load(root.resolve(), Problems(), today or date.today()).project(workspace, local)  # noqa: DTZ011  # a day


def job_from_mapping(
    config: Mapping[str, Any], workspace: str | None = None, root: Path | None = None, *, local: Path | None = None
) -> tuple[WorkspaceConfig, Job]:
    """The validated job of `main(**config)`, and its workspace.

    Nodes of a loaded file know where they belong; a plain mapping needs `workspace` (HL-CFG-015), and `root` unless
    the working folder lies in the repository. The mapping's values count, so a notebook may override some.
    """
    name, node = workspace_of(config, workspace), mapping_node(config)
    folder = root or (node.document.root if node is not None else find_root(Path.cwd()))
    found, job = job_of_mapping(config, load_project(folder, name), name)
    if local is None:
        return found, job
    moved = with_local(found, local)
    return moved, moved.job(job.name)


@dataclass(frozen=True)
class _Load:
    """One load of a repository."""

    root: Path
    problems: Problems
    today: date

    def project(self, workspace: str | None, local: Path | None) -> Project:
        zones = self._zones()
        scopes = [self._scope(name, zones) for name in self._names(workspace)]
        check_policies(self.root, self.problems)
        if workspace is None:
            check_bindings(scopes)
            check_stray_folders(self.root, (scope.name for scope in scopes), self.problems)
        self.problems.raise_if_any()
        configs = {scope.name: _config(scope) for scope in scopes if scope.facts}
        if local is not None:
            configs = {name: with_local(config, local) for name, config in configs.items()}
        return Project(self.root, zones or NO_ZONES, MappingProxyType(configs))

    def _names(self, workspace: str | None) -> list[str]:
        folder = self.root / "workspaces"
        found = [p for p in folder.iterdir() if p.is_dir() and p.name[0] not in "._"] if folder.is_dir() else []
        names = sorted(p.name for p in found)
        if workspace is None:
            return names
        if workspace not in names:
            raise unknown_workspace(workspace, names)
        return [workspace]

    def _zones(self) -> Zones | None:
        """All zones; none at all without the file (local workspaces need it not), None when it has errors."""
        if not (self.root / ZONES_FILE).is_file():
            return NO_ZONES
        node = load_yaml(self.root / ZONES_FILE, root=self.root, problems=self.problems)
        zones = validate(Zones, node, node.document, (), self.problems) if node is not None else None
        if zones is not None and node is not None:
            check_zones(zones, node.document, self.problems)
        return zones

    def _scope(self, name: str, zones: Zones | None) -> Scope:
        scope = Scope(name, self.root, self.problems, self.today, zones)
        self._load_facts(scope)
        check_stray_files(self.root, name, self.problems)
        self._load_jobs(scope)
        load_asset_files(scope)
        check_assets(scope)
        check_jobs(scope)
        return scope

    def _load_facts(self, scope: Scope) -> None:
        path = vars_file(scope.name)
        if not (self.root / path).is_file():
            message = f"workspace '{scope.name}' has no workspace-vars.yaml"
            self.problems.add("HL-CFG-008", message, Position(path, 1, 1), f"create {path}")
            return
        node = load_yaml(self.root / path, root=self.root, workspace=scope.name, problems=self.problems)
        if node is not None:
            scope.documents[path] = node
            scope.facts = validate(Workspace, node, node.document, (), self.problems)
            check_workspace(scope, node.document)

    def _load_jobs(self, scope: Scope) -> None:
        path = jobs_file(scope.name)
        if not (self.root / path).is_file():
            if scope.facts is not None and scope.facts.ingests:
                message, hint = f"workspace '{scope.name}' ingests, but has no jobs file", f"create {path}"
                self.problems.add("HL-CFG-008", message, Position(path, 1, 1), hint)
            return
        node = load_yaml(self.root / path, root=self.root, workspace=scope.name, problems=self.problems)
        if node is not None:
            scope.documents[path] = node
            scope.jobs = load_jobs(node, scope.name, self.problems)
            scope.written_jobs = written_job_names(node)


def _config(scope: Scope) -> WorkspaceConfig:
    assert scope.facts is not None  # noqa: S101  # callers leave out workspaces without facts
    zone = scope.zones.get(scope.facts.zone) if scope.zones else None
    files = {path: source.file for path, source in scope.sources.items() if source}
    return WorkspaceConfig(
        scope.facts,
        MappingProxyType(scope.jobs),
        MappingProxyType(files),
        scope.root,
        zone or LOCAL_ZONE,
        scope.zones or NO_ZONES,
        scope.facts.zone,
        MappingProxyType(scope.documents),
    )
