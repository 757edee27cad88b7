"""A graph of YAML nodes to values: merges and aliases are expanded, within limits, and every place is noted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from havenlake.config import scalars
from havenlake.config.nodes import KeyPath, Spot, dotted
from havenlake.config.problems import Problems
from havenlake.config.yaml_graph import MAX_DEPTH, UNDEFINED, kind_of, position
from havenlake.errors import HavenlakeError, Position

MAX_VALUES = 50_000
_CORE_TAGS = {scalars.NULL, scalars.BOOL, scalars.INT, scalars.FLOAT, scalars.STR, scalars.MAP, scalars.SEQ}


class Unreadable:
    """Stands for a value whose error is recorded already."""


UNREADABLE = Unreadable()


class Builder:
    """Expands a node graph to values, counting every value so that nested anchors cannot grow without bound."""

    def __init__(self, name: str, problems: Problems) -> None:
        self.positions: dict[KeyPath, Spot] = {}
        self.broken: set[KeyPath] = set()
        self._name, self._problems, self._count = name, problems, 0
        self._open: list[Node] = []

    def build(self, node: Node, path: KeyPath, key: Node | None = None) -> Any:
        """The value of `node`; what cannot be read is recorded and marked as broken."""
        self._enter(node)
        where = position(node, self._name)
        self.positions[path] = Spot(position(key, self._name) if key else None, where)
        try:
            return self._value(node, path, where)
        finally:
            self._open.pop()

    def _enter(self, node: Node) -> None:
        self._count += 1
        where = position(node, self._name)
        if any(node is other for other in self._open):
            raise HavenlakeError("HL-CFG-007", "anchor contains itself", where=where, hint="remove the inner alias")
        if self._count > MAX_VALUES or len(self._open) >= MAX_DEPTH:
            message = f"anchors expand to more than {MAX_VALUES:,} values or {MAX_DEPTH} levels"
            where = position(self._written_here(), self._name)
            raise HavenlakeError("HL-CFG-007", message, where=where, hint="use fewer nested aliases")
        self._open.append(node)

    def _written_here(self) -> Node:
        """The innermost open node that an alias did not bring here: the one that uses too many."""
        for outer, inner in pairwise(self._open):
            if not outer.start_mark.index <= inner.start_mark.index < outer.end_mark.index:
                return outer
        return self._open[-1]

    def _value(self, node: Node, path: KeyPath, where: Position) -> Any:
        if node.tag == UNDEFINED:
            return self._break(path)
        if node.tag not in _CORE_TAGS | {scalars.MERGE}:
            return self._fail(path, f"tag '{node.tag}' is not supported", where)
        if isinstance(node, SequenceNode):
            return [self.build(child, (*path, i)) for i, child in enumerate(node.value)]
        if isinstance(node, MappingNode):
            pairs = self._pairs(node, path)
            return {name: self.build(value, (*path, name), key) for name, (key, value) in pairs.items()}
        try:
            return scalars.scalar_value(scalars.STR if node.tag == scalars.MERGE else node.tag, node.value)
        except ValueError as error:
            return self._fail(path, str(error), where)

    def _pairs(self, node: MappingNode, path: KeyPath) -> dict[str, tuple[Node, Node]]:
        """Keys of a mapping: its own, then those merged in that it does not override."""
        own: dict[str, tuple[Node, Node]] = {}
        merged: dict[str, tuple[Node, Node]] = {}
        for name, key, value in self._keys(node, path):
            if key.tag == scalars.MERGE:
                merged = self._merged(key, value, path)
            else:
                own[name] = (key, value)
        return own | {name: pair for name, pair in merged.items() if name not in own}

    def _keys(self, node: MappingNode, path: KeyPath) -> Iterator[tuple[str, Node, Node]]:
        seen: dict[str, Node] = {}
        for key, value in node.value:
            self._count += 1
            where = position(key, self._name)
            if not isinstance(key, ScalarNode) or key.tag not in (scalars.STR, scalars.MERGE):
                text = f"key {key.value!r}" if isinstance(key, ScalarNode) else f"a {kind_of(key)} as key"
                message = f"{text} in {dotted(path) or 'the file'} is not text"
                self._problems.add("HL-CFG-004", message, where, "put it in quotes")
            elif key.value in seen:
                first = position(seen[key.value], self._name)
                merge = key.tag == scalars.MERGE
                hint = "merge several anchors by '<<: [*a, *b]'" if merge else "remove one of the two"
                message = f"key '{dotted((*path, key.value))}' is written twice, first in line {first.line}"
                self._problems.add("HL-CFG-002", message, where, hint)
            else:
                seen[key.value] = key
                yield key.value, key, value

    def _merged(self, key: Node, value: Node, path: KeyPath) -> dict[str, tuple[Node, Node]]:
        parts = value.value if isinstance(value, SequenceNode) else [value]
        result: dict[str, tuple[Node, Node]] = {}
        for part in parts:
            self._enter(part)
            if part.tag == UNDEFINED:
                self._break(path)
            elif not isinstance(part, MappingNode):
                kind = "list" if isinstance(value, SequenceNode) else "scalar"
                message = f"'<<' in {dotted(path)} merges a {kind}, not a mapping or a list of mappings"
                self._fail(path, message, position(key, self._name))
            else:
                result = self._pairs(part, path) | result
            self._open.pop()
        return result

    def _fail(self, path: KeyPath, message: str, where: Position, hint: str | None = None) -> Unreadable:
        self._problems.add("HL-CFG-004", message, where, hint)
        return self._break(path)

    def _break(self, path: KeyPath) -> Unreadable:
        self.broken.add(path)
        return UNREADABLE
