"""Text to a graph of YAML nodes: PyYAML's parser with our scalars, a depth limit, and errors with positions."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from havenlake.config import scalars
from havenlake.config.problems import Problems, suggestion
from havenlake.errors import HavenlakeError, Position

MAX_DEPTH = 40
UNDEFINED = "undefined"


def position_of_index(before: str, name: str) -> Position:
    """Where a file goes on after the text `before`."""
    lines = before.split("\n")
    return Position(name, len(lines), len(lines[-1]) + 1)


def compose(text: str, name: str, problems: Problems) -> Node | None:
    """The root node of the only document of a text; None for an empty one. Syntax errors are HL-CFG-001."""
    try:
        return _Loader(text, name, problems).get_single_node()
    except ReaderError as error:
        where = position_of_index(text[: error.position], name)
        code = error.character if isinstance(error.character, int) else ord(str(error.character)[:1])
        raise HavenlakeError("HL-CFG-001", f"character U+{code:04X} is not allowed", where=where) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(name, mark.line + 1, mark.column + 1) if mark else Position(name, 1, 1)
        problem = _plain_words(error.problem or error.context or "not YAML")
        raise HavenlakeError("HL-CFG-001", problem, where=where, hint=_syntax_hint(problem)) from error


def _plain_words(problem: str) -> str:
    if "another document" in problem:
        return "file holds more than one document"
    return problem.replace("'\\t'", "tab")


def _syntax_hint(problem: str) -> str | None:
    if "tab" in problem:
        return "indent with spaces, not tabs"
    if "more than one document" in problem:
        return "keep one document in a file: remove the '---'"
    if "duplicate anchor" in problem:
        return "give each anchor its own name"
    if "<block end>" in problem:
        return "look above for a quote that is not closed, or a line that is indented wrongly"
    if "mapping values are not allowed" in problem:
        return "quote text that contains ': ', and check the indentation"
    return None


class _Loader(Reader, Scanner, Parser, Composer):
    """PyYAML's scanner and composer with our scalars, a depth limit, and undefined anchors as recorded errors."""

    def __init__(self, text: str, name: str, problems: Problems) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        self._file, self._problems, self._depth = name, problems, 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """One node; deeper than the limit is refused before Python's own stack gives way."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, AliasEvent) and event.anchor not in self.anchors:
            return self._undefined(self.get_event())  # type: ignore[no-untyped-call]
        if self._depth >= MAX_DEPTH:
            where = position(event, self._file)
            raise HavenlakeError("HL-CFG-007", f"nested deeper than {MAX_DEPTH} levels", where=where)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def _undefined(self, event: Any) -> Node:
        hint = suggestion(event.anchor, self.anchors) or "define it under 'definitions:' above its first use"
        message = f"anchor '*{event.anchor}' is not defined in this file above this line"
        self._problems.add("HL-CFG-006", message, position(event, self._file), hint)
        return ScalarNode(UNDEFINED, event.anchor, event.start_mark, event.end_mark)

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        """Tag of an untagged node."""
        if kind is not ScalarNode:
            return scalars.MAP if kind is MappingNode else scalars.SEQ
        if not implicit[0]:
            return scalars.STR
        return scalars.MERGE if value == "<<" else scalars.plain_tag(value or "")

    def descend_resolver(self, current_node: Node | None, current_index: Any) -> None:
        """No path resolvers here."""

    def ascend_resolver(self) -> None:
        """No path resolvers here."""


def position(node: Any, name: str) -> Position:
    """Where a node or event begins, its anchor included."""
    return Position(name, node.start_mark.line + 1, node.start_mark.column + 1)


def kind_of(node: Node) -> str:
    """What a node is, for people."""
    return {ScalarNode: "scalar", SequenceNode: "list", MappingNode: "mapping"}[type(node)]
