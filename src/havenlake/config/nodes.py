"""Read-only configuration values that remember where they were written.

A `Document` is one YAML file; its `positions` map each key path to the place of the key and of the value.
A `ConfigNode` is one mapping of it. Nodes compare equal to plain dicts and pickle to them, so a value that
travels to a Spark worker carries no paths of the machine it was read on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from havenlake.errors import Position

KeyPath = tuple[str | int, ...]


class Spot(NamedTuple):
    """Where a key (None for list elements and the document itself) and its value stand."""

    key: Position | None
    value: Position


@dataclass(frozen=True)
class Origin:
    """Where a node comes from; `file` is relative to `root`, `key_path` is the place of use, not of an anchor."""

    workspace: str | None
    root: Path
    file: str
    key_path: tuple[str, ...]
    position: Position


@dataclass(frozen=True)
class Document:
    """One configuration file: its owner, the place of everything in it, and the key paths that could not be read."""

    file: str
    root: Path
    workspace: str | None = None
    positions: Mapping[KeyPath, Spot] = field(default_factory=dict, repr=False)
    broken: frozenset[KeyPath] = frozenset()

    def key_position(self, path: KeyPath) -> Position:
        """Place of the key, or of the element, at `path`; of its nearest ancestor when it is not written."""
        spot = self._nearest(path)
        return spot.key or spot.value

    def value_position(self, path: KeyPath) -> Position:
        """Place of the value at `path`; of its nearest ancestor's value when it is not written."""
        return self._nearest(path).value

    def _nearest(self, path: KeyPath) -> Spot:
        for length in range(len(path), -1, -1):
            if (spot := self.positions.get(path[:length])) is not None:
                return spot
        return Spot(None, Position(self.file, 1, 1))


class ConfigNode(Mapping[str, Any]):
    """A read-only mapping of a configuration file; nested mappings are nodes too, lists are tuples."""

    __slots__ = ("_document", "_path", "_values")
    __hash__ = None  # type: ignore[assignment]  # compares by content with unhashable dicts

    def __init__(self, values: Mapping[str, Any], document: Document, path: KeyPath = ()) -> None:
        self._values = dict(values)
        self._document = document
        self._path = path

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return plain(self) == plain(other) if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return f"ConfigNode({self.plain()!r})"

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (self.plain(),)

    @property
    def document(self) -> Document:
        """The file this node was read from."""
        return self._document

    @property
    def path(self) -> KeyPath:
        """Key path inside the document."""
        return self._path

    @property
    def origin(self) -> Origin:
        """Workspace, file, key path and position of this node."""
        doc = self._document
        path = tuple(str(p) for p in self._path)
        return Origin(doc.workspace, doc.root, doc.file, path, doc.key_position(self._path))

    def position_of(self, key: str) -> Position:
        """Where `key` of this mapping is written (at its anchor, when it was merged in)."""
        return self._document.key_position((*self._path, key))

    def plain(self) -> dict[str, Any]:
        """A deep copy made of dicts and lists."""
        return {key: plain(value) for key, value in self._values.items()}


def plain(value: object) -> Any:
    """Deep copy of a configuration value as dicts, lists and scalars.

    >>> plain({"tables": ("message", "shift")})
    {'tables': ['message', 'shift']}
    """
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def frozen(value: object) -> Any:
    """Deep copy as dicts, tuples and scalars: what the strict models take."""
    if isinstance(value, Mapping):
        return {key: frozen(item) for key, item in value.items()}
    return tuple(frozen(item) for item in value) if isinstance(value, (list, tuple)) else value


def dotted(path: KeyPath) -> str:
    """A key path for people.

    >>> dotted(("stages", "raw_to_landing", "tables", 2))
    'stages.raw_to_landing.tables[2]'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
