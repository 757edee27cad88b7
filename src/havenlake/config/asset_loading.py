"""Asset files to validated assets, with the file's `defaults` merged into each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from havenlake.config.assets import RESERVED, Asset, AssetFile, AssetKeys
from havenlake.config.nodes import ConfigNode, Document, KeyPath
from havenlake.config.objectives import ObjectiveDefaults, effective
from havenlake.config.scope import AssetSource, Scope
from havenlake.config.validation import validate
from havenlake.config.yaml_loader import load_yaml

_TABLE_NAME = re.compile(r"[^\s./\\`]+")


def load_asset_files(scope: Scope) -> None:
    """Read the workspace's own asset files, and the ones elsewhere that its jobs name."""
    folder = scope.root / "data-assets" / scope.name
    own = sorted(p.relative_to(scope.root).as_posix() for p in folder.glob("*.yaml")) if folder.is_dir() else []
    named = [path for job in scope.jobs.values() for path in job.job_input.data_assets_config]
    for path in dict.fromkeys((*own, *named)):
        file = scope.root / path
        if path in scope.sources or not (file.is_file() and is_inside(file, scope.root)):
            continue  # a missing file is reported where a job names it
        node = load_yaml(file, root=scope.root, workspace=scope.name, problems=scope.problems)
        if node is not None:
            scope.documents[path] = node
        scope.sources[path] = _source(node, path, scope) if node is not None else None


def is_table_name(name: str) -> bool:
    """Whether an asset can have this name: no blanks, dots, slashes or backticks."""
    return _TABLE_NAME.fullmatch(name) is not None


def is_inside(file: Path, root: Path) -> bool:
    """Whether a file, links followed, lies in the repository."""
    return file.resolve().is_relative_to(root.resolve())


def _source(node: ConfigNode, path: str, scope: Scope) -> AssetSource:
    document, defaults, problems = node.document, node.get("defaults", {}), scope.problems
    objectives = scope.facts.monitoring.defaults if scope.facts else ObjectiveDefaults()
    if "defaults" in node:
        validate(AssetKeys, defaults, document, ("defaults",), problems)
    names = tuple(name for name in node if name not in RESERVED)
    assets: dict[str, Asset] = {}
    for name in names:
        if not is_table_name(name):
            hint = "write the table's own name; its schema stands in the job"
            where = document.key_position((name,))
            problems.add("HL-CFG-004", f"'{name}' is not a table name: no blanks, dots or slashes", where, hint)
        own = node[name]
        merged = {**defaults, **own} if isinstance(own, Mapping) and isinstance(defaults, Mapping) else own
        asset = validate(Asset, merged, document, (name,), problems, written_at(document))
        if asset is not None:
            assets[name] = _with_objectives(asset, objectives)
    return AssetSource(AssetFile.model_validate({"path": path, "assets": assets}), names, document)


def _with_objectives(asset: Asset, defaults: ObjectiveDefaults) -> Asset:
    """The asset with what it leaves open taken from the workspace."""
    found = {
        "freshness": effective(asset.freshness, defaults.freshness),
        "volume": asset.volume or defaults.volume,
        "owner": asset.owner or defaults.owner,
        "severity": asset.severity if "severity" in asset.model_fields_set else defaults.severity or asset.severity,
    }
    changes = {key: value for key, value in found.items() if value != getattr(asset, key)}
    return asset.model_copy(update=changes) if changes else asset


def written_at(document: Document) -> Callable[[KeyPath], KeyPath]:
    """Maps a key path of a table to its place under `defaults` when the key is written only there."""
    positions = document.positions

    def place(path: KeyPath) -> KeyPath:
        in_defaults = ("defaults", *path[1:])
        return in_defaults if len(path) > 1 and path[:2] not in positions and in_defaults[:2] in positions else path

    return place
