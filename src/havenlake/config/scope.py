"""What the loading and checking of one workspace share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from havenlake.config.assets import Asset, AssetFile
from havenlake.config.jobs import Job
from havenlake.config.nodes import ConfigNode, Document
from havenlake.config.problems import Problems
from havenlake.config.workspace import Workspace
from havenlake.config.zones import Zones


@dataclass(frozen=True)
class AssetSource:
    """One asset file: the assets without errors, and the names of all tables, faulty ones included."""

    file: AssetFile
    names: tuple[str, ...]
    document: Document


@dataclass
class Scope:
    """One workspace while it is loaded; what could not be read is absent, so that the rest is still checked."""

    name: str
    root: Path
    problems: Problems
    today: date
    zones: Zones | None
    """None while the zones file has errors: its places are then not checked against."""
    facts: Workspace | None = None
    documents: dict[str, ConfigNode] = field(default_factory=dict)
    sources: dict[str, AssetSource | None] = field(default_factory=dict)
    """Asset files by path; None for a file that is no YAML."""
    jobs: dict[str, Job] = field(default_factory=dict)
    written_jobs: frozenset[str] = frozenset()
    """Names of all jobs, those with errors included."""

    def assets(self) -> dict[str, tuple[Asset, AssetSource]]:
        """All assets of the workspace by table."""
        good = [source for source in self.sources.values() if source]
        return {name: (asset, source) for source in good for name, asset in source.file.assets.items()}

    def table_names(self) -> set[str]:
        """Names of all tables, those with errors included."""
        return {name for source in self.sources.values() if source for name in source.names}
