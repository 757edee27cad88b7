"""What became of a source's columns since they were last known: pure comparison of names and types, no Spark.

| kind | means |
|---|---|
| added | a column that was not there |
| removed | a column that is not there any more |
| renamed | both at once, of one type, and alike in name or standing in the same place: a likely renaming |
| widened | the new type holds every value of the old one, and its values mean the same |
| narrowed | the other way round |
| changed | any other change of type, `date` to `timestamp` included, because a day is not its midnight |

Types are Spark's simple names. Names that differ in case only are one column, as in Delta.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_ALIKE = 0.6
"""How alike two names must be (`difflib`'s ratio) to be taken for one column under a new name."""
_SIMPLE = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}


class DriftKind(StrEnum):
    """What became of a column."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    WIDENED = "widened"
    NARROWED = "narrowed"
    CHANGED = "changed"


@dataclass(frozen=True)
class ColumnDrift:
    """One difference. `before` and `after` are types; `former` is the old name of a column likely renamed."""

    kind: DriftKind
    column: str
    before: str | None = None
    after: str | None = None
    former: str | None = None

    @property
    def sentence(self) -> str:
        """The difference in words: `widened n: int → bigint`."""
        if self.kind is DriftKind.RENAMED:
            return f"likely renamed {self.former} → {self.column} {self.after}"
        types = [t for t in (self.before, self.after) if t]
        return f"{self.kind} {self.column}{': ' if len(types) > 1 else ' '}{' → '.join(types)}"


def widens(before: str, after: str) -> bool:
    """Whether every value of one type is the same value of the other.

    >>> widens("int", "bigint"), widens("decimal(5,2)", "decimal(9,2)"), widens("date", "timestamp")
    (True, True, False)
    """
    if before in _INTEGERS and after in _INTEGERS:
        return _INTEGERS.index(before) < _INTEGERS.index(after)
    old, new = _DECIMAL.fullmatch(before), _DECIMAL.fullmatch(after)
    if old and new:
        return old[2] == new[2] and int(old[1]) < int(new[1])
    return (before, after) == ("float", "double")


def column_drift(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[ColumnDrift, ...]:
    """Compare columns given as name → type, in their order; a mere change of order is no difference."""
    there = {name.casefold(): name for name in before}
    here = {name.casefold() for name in after}
    added = [name for name in after if name.casefold() not in there]
    removed = [name for name in before if name.casefold() not in here]
    renamed = _renamed(before, after, added, removed)
    kept = ((name, before[there[name.casefold()]]) for name in after if name.casefold() in there)
    return (
        *(ColumnDrift(DriftKind.ADDED, c, after=after[c]) for c in added if c not in renamed),
        *(ColumnDrift(DriftKind.RENAMED, c, before[old], after[c], old) for c, old in renamed.items()),
        *(ColumnDrift(DriftKind.REMOVED, c, before[c]) for c in removed if c not in renamed.values()),
        *(ColumnDrift(_kind(old, after[c]), c, old, after[c]) for c, old in kept if old != after[c]),
    )


def schema_columns(schema: str) -> dict[str, str] | None:
    """Names and simple types of a schema recorded as Spark's JSON; None where it cannot be read as one.

    >>> schema_columns('{"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": true}]}')
    {'id': 'bigint'}
    """
    try:
        return {f["name"]: simple_type(f["type"]) for f in json.loads(schema)["fields"]} if schema else None
    except (ValueError, TypeError, KeyError):
        return None


def simple_type(kind: Any) -> str:
    """Simple name of a type given as Spark's JSON.

    >>> simple_type({"type": "array", "elementType": "long", "containsNull": True})
    'array<bigint>'
    """
    if isinstance(kind, str):
        return _SIMPLE.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{simple_type(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{simple_type(kind['keyType'])},{simple_type(kind['valueType'])}>"
    if kind["type"] == "struct":
        fields = (f"{f['name']}:{simple_type(f['type'])}" for f in kind["fields"])
        return f"struct<{','.join(fields)}>"
    return str(kind["type"])


def _kind(before: str, after: str) -> DriftKind:
    if widens(before, after):
        return DriftKind.WIDENED
    return DriftKind.NARROWED if widens(after, before) else DriftKind.CHANGED


def _renamed(
    before: Mapping[str, str], after: Mapping[str, str], added: Iterable[str], removed: Iterable[str]
) -> dict[str, str]:
    """New name → old name, the most alike first; each column takes part once."""
    places = {name: i for i, name in enumerate(before)}, {name: i for i, name in enumerate(after)}
    gone = tuple(removed)
    pairs = [
        (_alike(old, new), places[0][old] == places[1][new], new, old)
        for new in added
        for old in gone
        if before[old] == after[new]
    ]
    found: dict[str, str] = {}
    for likeness, same_place, new, old in sorted(pairs, reverse=True):
        if (likeness >= _ALIKE or same_place) and new not in found and old not in found.values():
            found[new] = old
    return found


def _alike(old: str, new: str) -> float:
    return SequenceMatcher(None, _plain(old), _plain(new)).ratio()


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
