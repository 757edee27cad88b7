"""What a repository configures: workspaces with their jobs and assets, as frozen values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from havenlake.config.assets import Asset, AssetFile
from havenlake.config.jobs import Job
from havenlake.config.nodes import ConfigNode
from havenlake.config.problems import nearest
from havenlake.config.workspace import Workspace
from havenlake.config.zones import Zone, Zones
from havenlake.errors import HavenlakeError

_DESCRIPTIVE = {"owner", "severity", "description", "freshness", "volume", "retention"}
"""Keys that shape no row of a load: changing one does not write a table anew."""


@dataclass(frozen=True)
class WorkspaceConfig:
    """One instance: its facts, jobs by name, asset files by path, and the zone it stands in."""

    vars: Workspace
    jobs: Mapping[str, Job]
    assets: Mapping[str, AssetFile]
    root: Path
    zone: Zone
    documents: Mapping[str, ConfigNode] = field(default_factory=dict, repr=False, compare=False)
    """The files as written, by path relative to `root`: for explanations and the notebook door."""

    @property
    def jobs_file(self) -> str:
        """Path of the jobs file, relative to the root."""
        return jobs_file(self.vars.name)

    @property
    def jobs_document(self) -> ConfigNode | None:
        """The jobs file as written: what a notebook indexes by stage and job."""
        return self.documents.get(self.jobs_file)

    def job(self, name: str) -> Job:
        """A job by name; HL-RUN-005 with the nearest name when there is none."""
        if name in self.jobs:
            return self.jobs[name]
        close = nearest(name, self.jobs)
        hint = f"did you mean '{close}'?" if close else f"jobs here: {', '.join(self.jobs) or 'none'}"
        raise HavenlakeError("HL-RUN-005", f"workspace '{self.vars.name}' has no job '{name}'", hint=hint)

    def assets_of(self, job: Job) -> Mapping[str, Asset]:
        """Asset of each table of a job, in the order of the job's list."""
        known = {name: asset for path in job.job_input.data_assets_config for name, asset in self._file(path)}
        return MappingProxyType({table: known[table] for table in job.tables})

    def _file(self, path: str) -> Iterable[tuple[str, Asset]]:
        return self.assets[path].assets.items()

    def fingerprint(self, job: Job) -> str:
        """16 hex digits over everything that configures a job: job, its assets, the workspace; not its deployment."""
        assets = {name: asset.model_dump(mode="json") for name, asset in self.assets_of(job).items()}
        facts = self.vars.model_dump(mode="json", exclude={"deployment"})
        return _digest([facts, job.model_dump(mode="json", exclude={"workflow"}), assets])

    def contract_fingerprint(self, job: Job, table: str) -> str:
        """16 hex digits over what shapes one table: its asset without descriptions, and the scrub policy.

        A table without an asset, such as the ledger, has its name alone.
        """
        found = self.assets_of(job).get(table)
        asset = found.model_dump(mode="json", exclude=_DESCRIPTIVE) if found else table
        return _digest([asset, job.effective_scrub_policy])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Project:
    """All loaded workspaces of a repository."""

    root: Path
    zones: Zones
    workspaces: Mapping[str, WorkspaceConfig]

    def workspace(self, name: str) -> WorkspaceConfig:
        """A workspace by name; HL-CFG-014 with the nearest name when there is none."""
        if name in self.workspaces:
            return self.workspaces[name]
        raise unknown_workspace(name, self.workspaces)


def unknown_workspace(name: str, known: Iterable[str]) -> HavenlakeError:
    """The error for a workspace nobody configured."""
    names = sorted(known)
    close = nearest(name, names)
    hint = f"did you mean '{close}'?" if close else f"workspaces here: {', '.join(names) or 'none'}"
    return HavenlakeError("HL-CFG-014", f"workspace '{name}' is not known", hint=hint)


def jobs_file(workspace: str) -> str:
    """Path of a workspace's jobs, relative to the repository root."""
    return f"jobs-configuration/{workspace}/{workspace}-jobs-configs.yaml"


def vars_file(workspace: str) -> str:
    """Path of a workspace's facts, relative to the repository root."""
    return f"workspaces/{workspace}/workspace-vars.yaml"


def find_root(start: Path) -> Path:
    """The nearest folder, going up from `start`, that holds `workspaces/`; HL-CFG-008 when there is none."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / "workspaces").is_dir():
            return folder
    hint = "go into the repository, or name it by --root"
    raise HavenlakeError("HL-CFG-008", f"no folder 'workspaces' in {here} or above it", hint=hint)
