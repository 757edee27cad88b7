"""Differences between two source schemas recorded as Spark's schema JSON, column by column, nested ones by path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SchemaDiff:
    """Columns by path: `address.street`, `tags[]`, `scores{value}`."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()
    """Path, type before, type after."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line per difference."""
        added = [f"added {path}" for path in self.added]
        removed = [f"removed {path}" for path in self.removed]
        return (*added, *removed, *(f"changed {path}: {old} → {new}" for path, old, new in self.changed))


def columns(schema: str) -> dict[str, str] | None:
    """Paths and types of a schema, None where it cannot be read as one.

    >>> columns('{"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": true}]}')
    {'id': 'long'}
    """
    try:
        parsed = json.loads(schema)
        return dict(_struct(parsed, "")) if schema else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def diff(before: str, after: str) -> SchemaDiff | None:
    """What changed; None where either schema is not known. The order of columns is no difference."""
    old, new = columns(before), columns(after)
    if old is None or new is None:
        return None
    return SchemaDiff(
        added=tuple(f"{path} {new[path]}" for path in new if path not in old),
        removed=tuple(f"{path} {old[path]}" for path in old if path not in new),
        changed=tuple((path, old[path], new[path]) for path in new if path in old and old[path] != new[path]),
    )


def _struct(struct: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for column in struct["fields"]:
        yield from _column(f"{prefix}{column['name']}", column["type"])


def _column(path: str, kind: Any) -> Iterator[tuple[str, str]]:
    if isinstance(kind, str):
        yield path, kind
        return
    yield path, kind["type"]
    if kind["type"] == "struct":
        yield from _struct(kind, f"{path}.")
    elif kind["type"] == "array":
        yield from _column(f"{path}[]", kind["elementType"])
    elif kind["type"] == "map":
        yield from _column(f"{path}{{key}}", kind["keyType"])
        yield from _column(f"{path}{{value}}", kind["valueType"])
