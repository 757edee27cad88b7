"""Where every value of a table's effective configuration came from, and what becomes of its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from havenlake.config.asset_loading import written_at
from havenlake.config.assets import Asset
from havenlake.config.classification import Treatment, classified_columns, treatment
from havenlake.config.nodes import ConfigNode, plain
from havenlake.config.objectives import Age
from havenlake.config.problems import suggestion
from havenlake.config.repository import WorkspaceConfig, vars_file
from havenlake.errors import HavenlakeError

_NO_TEXT, _TEXT = "bigint", "string"
_SILVER = {
    Treatment.CLEAR: "clear",
    Treatment.ENCRYPTED: "the same ciphertext",
    Treatment.SCRUBBED: "scrubbed (NULL while no scrubber can run)",
    Treatment.HELD_BACK: "absent (held back)",
    Treatment.DROPPED: "absent",
}


@dataclass(frozen=True)
class ExplainedValue:
    """One effective value; `source` is `file:line`, with `defaults` named, or `built-in default`."""

    key: str
    value: Any
    source: str


@dataclass(frozen=True)
class ColumnFate:
    """What becomes of one column in each layer, and the keys that say so."""

    column: str
    named_by: tuple[str, ...]
    bronze: str
    silver: str


@dataclass(frozen=True)
class Explanation:
    """A table's effective configuration in one workspace."""

    workspace: str
    table: str
    file: str
    jobs: tuple[str, ...]
    values: tuple[ExplainedValue, ...]
    columns: tuple[ColumnFate, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return asdict(self)


def explain(config: WorkspaceConfig, table: str, column: str | None = None) -> Explanation:
    """Explain a table, or one column of it; HL-CFG-009 for a table without an asset."""
    file, asset = _find(config, table)
    jobs = tuple(job.name for job in config.jobs.values() if table in job.tables)
    columns = (column,) if column else classified_columns(asset)
    fates = tuple(fate for name in columns for fate in _fates(asset, name))
    values = tuple(_values(config, config.documents[file], table, asset))
    if column:
        values = tuple(value for value in values if value.key in _keys_naming(asset, column))
    return Explanation(config.vars.name, table, file, jobs, values, fates, _notes(asset, column))


def _find(config: WorkspaceConfig, table: str) -> tuple[str, Asset]:
    used = [path for job in config.jobs.values() if table in job.tables for path in job.job_input.data_assets_config]
    for path in dict.fromkeys((*used, *config.assets)):
        if table in config.assets[path].assets:
            return path, config.assets[path].assets[table]
    known = [name for file in config.assets.values() for name in file.assets]
    message = f"table '{table}' has no data asset in workspace '{config.vars.name}'"
    raise HavenlakeError("HL-CFG-009", message, hint=suggestion(table, known))


def _values(config: WorkspaceConfig, node: ConfigNode, table: str, asset: Asset) -> Iterator[ExplainedValue]:
    place, document = written_at(node.document), node.document
    for key in type(asset).model_fields:
        path = place((table, key))
        value = _readable(getattr(asset, key))
        if path not in document.positions:
            yield ExplainedValue(key, value, _inherited(config, key) or "built-in default")
            continue
        where = document.key_position(path)
        suffix = " (defaults)" if path[0] == "defaults" else ""
        yield ExplainedValue(key, plain(_written(node, path)), f"{where.file}:{where.line}{suffix}")
        if key == "freshness":
            yield from _inherited_ages(config, _written(node, path), asset)


def _inherited_ages(config: WorkspaceConfig, written: Any, asset: Asset) -> Iterator[ExplainedValue]:
    """What a table's `freshness` leaves open and the workspace says."""
    said = written if isinstance(written, Mapping) else {"within": written}
    for key in Age.model_fields:
        value = getattr(asset.freshness, key, None)
        if value is not None and key not in said:
            source = _inherited(config, "freshness") or "built-in default"
            yield ExplainedValue(f"freshness.{key}", _readable(value), source)


def _inherited(config: WorkspaceConfig, key: str) -> str | None:
    """Where the workspace gives a default for a key."""
    node = config.documents.get(vars_file(config.vars.name))
    if node is None or ("monitoring", "defaults", key) not in node.document.positions:
        return None
    where = node.document.key_position(("monitoring", "defaults", key))
    return f"{where.file}:{where.line} (monitoring.defaults)"


def _written(node: ConfigNode, path: tuple[str | int, ...]) -> Any:
    value: Any = node
    for part in path:
        value = value[part]
    return value


def _readable(value: Any) -> Any:
    if isinstance(value, timedelta):
        return str(value)
    return plain(value.model_dump(mode="json")) if hasattr(value, "model_dump") else plain(value)


def _keys_naming(asset: Asset, column: str) -> tuple[str, ...]:
    keys = ("identity", "encrypted", "scrubbing", "md5_checksum", "columns", "tokens", "clear_in_bronze")
    found = [key for key in keys if column in getattr(asset, key)]
    if asset.context and column in asset.context.own_columns:
        found.append("context")
    if asset.freshness and column == asset.freshness.event_time:
        found.append("freshness")
    return tuple(found)


def column_fate(asset: Asset, column: str, type_name: str | None) -> ColumnFate:
    """What becomes of one column of a Spark type; an unknown type counts as text, which is what is kept safest."""
    return _fate(asset, column, column, type_name or _TEXT, _keys_naming(asset, column))


def _fates(asset: Asset, column: str) -> Iterator[ColumnFate]:
    """One fate for a classified column; for others it hangs on the type, so both are told."""
    named_by = _keys_naming(asset, column)
    if named_by:
        yield _fate(asset, column, column, _TEXT, named_by)
    else:
        yield _fate(asset, f"{column} (text, JSON, binary or nested)", column, _TEXT, ())
        yield _fate(asset, f"{column} (any other type)", column, _NO_TEXT, ())


def _fate(asset: Asset, shown: str, column: str, type_name: str, named_by: tuple[str, ...]) -> ColumnFate:
    given = treatment(asset, column, type_name)
    bronze = {Treatment.CLEAR: "clear", Treatment.DROPPED: "absent"}.get(given, "encrypted")
    if column in asset.clear_in_bronze and column not in asset.encrypted_columns:
        bronze = "clear (clear_in_bronze)"
    silver = _SILVER[given]
    if column in asset.tokens:
        silver += f", and {column}_token"
    return ColumnFate(shown, named_by, bronze, silver)


def _notes(asset: Asset, column: str | None) -> tuple[str, ...]:
    notes = []
    if column is None:
        notes.append(
            "columns that no key names: encrypted in bronze and held back from silver when they can carry text, "
            "clear otherwise; `havenlake plan` lists them"
        )
        if asset.context is None:
            notes.append("no context: rows are guarded by place only, and count as unguarded by row")
    return tuple(notes)
