"""Queries of monitors, taken apart: metric expressions and log searches.

Only the forms that the catalogue uses are understood; what is not understood is refused, never passed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

AGGREGATORS = ("avg", "max", "min", "sum")
"""Over the series of a group."""
OVER_TIME = ("avg", "max", "min", "sum", "last")
"""Over the window of a monitor."""
WINDOWS = (
    *(f"last_{n}m" for n in (1, 5, 10, 15, 30)),
    *(f"last_{n}h" for n in (1, 2, 4, 12)),
    *("last_1d", "last_2d", "last_1w"),
)
COUNT_FUNCTIONS = ("as_count", "as_rate")
WRAPPERS = ("default_zero", "abs", "ceil", "floor")
_ALERT = re.compile(r"(?P<over>\w+)\((?P<window>last_\w+)\):(?P<body>.+?)\s*(?P<op>>=|<=|>|<)\s*(?P<limit>-?[0-9.]+)")
_TERM = re.compile(
    r"(?P<aggregator>\w+):(?P<metric>[a-zA-Z][\w.]*)\{(?P<scope>[^{}]*)\}"
    r"(?:\s*by\s*\{(?P<by>[^{}]*)\})?(?P<functions>(?:\.\w+\([^()]*\))*)"
)
_CONDITION = re.compile(r"(?P<not>!)?(?P<tag>[a-z_]+)(?::(?P<value>[\w./-]+)|\s+(?:NOT )?IN\s*\((?P<values>[^()]+)\))")
_LOGS = re.compile(
    r'logs\("(?P<search>(?:[^"\\]|\\.)*)"\)\.index\("(?P<index>[^"]+)"\)\.rollup\("(?P<rollup>[^"]+)"\)'
    r'(?:\.by\("(?P<by>[^"]+)"\))?\.last\("(?P<window>[^"]+)"\)\s*(?P<op>>=|<=|>|<)\s*(?P<limit>-?[0-9.]+)'
)
_FIELD = re.compile(r"(?P<field>@?[a-zA-Z_][\w.]*):(?P<value>\([^()]*\)|\"[^\"]*\"|[^\s()]+)")


class UnreadableError(ValueError):
    """The text is no query of a form that is understood."""


@dataclass(frozen=True)
class Term:
    """One metric in a query: its scope as tags and values, and the tags it is grouped by."""

    aggregator: str
    metric: str
    scope: tuple[tuple[str, tuple[str, ...]], ...]
    by: tuple[str, ...]
    functions: tuple[str, ...]
    negated: tuple[str, ...] = ()
    """Tags whose condition is turned round."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag that it names."""
        return (*(tag for tag, _ in self.scope), *self.by)

    def values(self, tag: str) -> tuple[str, ...]:
        """Values that the scope lets through for a tag; none when it says nothing, or what it keeps out."""
        if tag in self.negated:
            return ()
        return tuple(value for name, values in self.scope if name == tag for value in values)


@dataclass(frozen=True)
class MetricAlert:
    """`over(window):expression > limit`."""

    over: str
    window: str
    terms: tuple[Term, ...]
    wrappers: tuple[str, ...]
    limit: float


@dataclass(frozen=True)
class LogAlert:
    """A search for log lines that are counted."""

    fields: tuple[tuple[str, str], ...]
    """Field and value of each condition, those that keep lines out included."""
    by: tuple[str, ...]
    rollup: str
    window: str
    limit: float


def metric_alert(text: str) -> MetricAlert:
    """The parts of a metric monitor's query."""
    found = _ALERT.fullmatch(text.strip())
    if found is None:
        raise UnreadableError("is not of the form 'sum(last_1h):… > 0'")
    terms, wrappers = expression(found["body"])
    return MetricAlert(found["over"], found["window"], terms, wrappers, float(found["limit"]))


def expression(text: str) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """The metrics of an arithmetic expression, and the functions around them."""
    terms = tuple(_term(found) for found in _TERM.finditer(text))
    left = _TERM.sub("0", text)
    wrappers = tuple(re.findall(r"([a-z_]+)\(", left))
    rest = re.sub(r"[a-z_]+\(", "(", left)
    if not terms or re.search(r"[^0-9.+\-*/() ]", rest) or rest.count("(") != rest.count(")"):
        raise UnreadableError("holds something that is neither a metric, a number nor an operator")
    return terms, wrappers


def _term(found: re.Match[str]) -> Term:
    scope, negated = _scope(found["scope"])
    by = tuple(tag.strip() for tag in (found["by"] or "").split(",") if tag.strip())
    functions = tuple(re.findall(r"\.(\w+)\(", found["functions"]))
    return Term(found["aggregator"], found["metric"], scope, by, functions, negated)


def _scope(text: str) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]:
    """Conditions joined by a comma or AND; an OR would let other instances in, so it is not understood."""
    if text.strip() in ("", "*"):
        return (), ()
    found: list[tuple[str, tuple[str, ...]]] = []
    negated: list[str] = []
    for part in re.split(r"\s+AND\s+|,(?![^()]*\))", text):
        condition = _CONDITION.fullmatch(part.strip())
        if condition is None:
            raise UnreadableError(f"has a scope that is not understood: '{part.strip()}'")
        values = condition["values"] or condition["value"]
        found.append((condition["tag"], tuple(value.strip() for value in values.split(","))))
        if condition["not"] or " NOT IN" in part:
            negated.append(condition["tag"])
    return tuple(found), tuple(negated)


def log_alert(text: str) -> LogAlert:
    """The parts of a log monitor's query."""
    found = _LOGS.fullmatch(text.strip())
    if found is None:
        form = 'logs("…").index("*").rollup("count").last("15m") > 0'
        raise UnreadableError(f"is not of the form '{form}'")
    search = found["search"].replace('\\"', '"')
    left = _FIELD.sub(" ", search)
    if stray := [word for word in re.split(r"[\s()-]+", left) if word not in ("", "AND", "OR", "NOT")]:
        raise UnreadableError(f"searches for the bare word '{stray[0]}': name the field it stands in")
    fields = tuple((part["field"], part["value"]) for part in _FIELD.finditer(search))
    by = tuple(name.strip() for name in (found["by"] or "").split(",") if name.strip())
    return LogAlert(fields, by, found["rollup"], found["window"], float(found["limit"]))
