"""YAML files to `ConfigNode`, with positions, YAML 1.2 scalars, safe anchors, and every error of a file at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode

from havenlake.config.nodes import ConfigNode, Document, KeyPath
from havenlake.config.problems import Problems
from havenlake.config.yaml_graph import compose, kind_of, position_of_index
from havenlake.config.yaml_values import Builder
from havenlake.errors import HavenlakeError, Position

MAX_BYTES = 1_000_000


def load_yaml(file: Path, *, root: Path, workspace: str | None = None, problems: Problems) -> ConfigNode | None:
    """Read one file; errors go to `problems`, and None is returned when there is no mapping to look at."""
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
    try:
        return parse_yaml(_read_text(file, name), name, root=root, workspace=workspace, problems=problems)
    except HavenlakeError as error:
        problems.take(error)
        return None


def parse_yaml(
    text: str, name: str, *, root: Path, workspace: str | None = None, problems: Problems
) -> ConfigNode | None:
    """Like `load_yaml`, from text."""
    node = compose(text, name, problems)
    if not isinstance(node, MappingNode):
        found = "empty" if node is None else f"a {kind_of(node)}"
        raise HavenlakeError("HL-CFG-004", f"file is {found}, not a mapping of keys", where=Position(name, 1, 1))
    builder = Builder(name, problems)
    values = builder.build(node, ())
    document = Document(name, root, workspace, builder.positions, frozenset(builder.broken))
    result = _attach(values, document, ())
    return result if isinstance(result, ConfigNode) else None


def _read_text(file: Path, name: str) -> str:
    start = Position(name, 1, 1)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise HavenlakeError("HL-CFG-001", f"file cannot be read: {error.strerror}", where=start) from error
    if len(data) > MAX_BYTES:
        raise HavenlakeError("HL-CFG-007", f"file has more than {MAX_BYTES:,} bytes", where=start)
    if data[:3] == b"\xef\xbb\xbf" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        hint = "save the file as UTF-8 without a byte order mark"
        raise HavenlakeError("HL-CFG-001", "file starts with a byte order mark", where=start, hint=hint)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        where = position_of_index(data[: error.start].decode("utf-8"), name)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise HavenlakeError("HL-CFG-001", message, where=where, hint="save the file as UTF-8") from error


def _attach(value: Any, document: Document, path: KeyPath) -> Any:
    if isinstance(value, dict):
        return ConfigNode({k: _attach(v, document, (*path, k)) for k, v in value.items()}, document, path)
    if isinstance(value, list):
        return tuple(_attach(v, document, (*path, i)) for i, v in enumerate(value))
    return value
