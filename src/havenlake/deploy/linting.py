"""Checks queries of monitors against what Havenlake sends, so that none watches something that never comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from havenlake.config.problems import suggestion
from havenlake.deploy.queries import (
    AGGREGATORS,
    COUNT_FUNCTIONS,
    OVER_TIME,
    WINDOWS,
    WRAPPERS,
    LogAlert,
    Term,
    UnreadableError,
    expression,
    log_alert,
    metric_alert,
)
from havenlake.metrics import METRICS, Metric
from havenlake.monitoring.signals import EventKind
from havenlake.records import Status

INSTANCE = "instance"
LOG_TAGS = ("service", "source", "status", "host", "env", "instance", "zone")
"""Tags that the log agent sets."""
LOG_FIELDS = ("@time", "@level", "@logger", "@message", "@run", "@job", "@table", "@error_type", "@error_code")
"""Fields of a line that Havenlake writes."""
EVENT_FIELDS = ("@event", "@key", "@outcome", "@attempt", "@layer")
"""Further fields of an event that is sent as a log; `@event` says which."""
_EVENTS = tuple(kind.value for kind in EventKind)
AUDIT_SOURCE = "databricks-audit"
AUDIT_FIELDS = ("@actionName", "@serviceName", "@userIdentity.email", "@requestParams.name", "@response.statusCode")
"""Fields of Databricks' audit log that the catalogue may ask for."""
LOG_WINDOWS = ("5m", "10m", "15m", "30m", "1h", "2h", "4h", "12h", "1d", "2d")
_STATUS = tuple(status.value for status in Status)
_KNOWN = {metric.name: metric for metric in METRICS}

Fault = tuple[str, str | None]
"""What is wrong, and a hint."""


@dataclass(frozen=True)
class Watched:
    """A query as it will be deployed, and what its monitor says of it."""

    type: str
    query: str
    critical: float
    instance: str
    tables: tuple[str, ...]
    """All tables of the instance, `schema.table`."""


def faults(watched: Watched) -> tuple[Fault, ...]:
    """Everything wrong with a query; nothing when Datadog will find what it asks for."""
    try:
        return tuple(_metric_faults(watched) if watched.type == "query alert" else _log_faults(watched))
    except UnreadableError as error:
        form = "a metric query" if watched.type == "query alert" else "a log query"
        return ((f"query {error}", f"type '{watched.type}' takes {form}"),)


def count_faults(query: str, instance: str, tables: Iterable[str]) -> tuple[Fault, ...]:
    """Everything wrong with one side of a service level: it must count events."""
    try:
        terms, wrappers = expression(query)
    except UnreadableError as error:
        return ((f"query {error}", "write a sum of counts"),)
    found = [fault for term in terms for fault in _term_faults(term, instance, tuple(tables))]
    found += [fault for name in wrappers for fault in _unknown("function", name, WRAPPERS)]
    gauges = [term.metric for term in terms if term.metric in _KNOWN and _KNOWN[term.metric].kind != "count"]
    return (*found, *((f"'{name}' is no count", "a service level counts events") for name in gauges))


def _metric_faults(watched: Watched) -> Iterator[Fault]:
    alert = metric_alert(watched.query)
    yield from _unknown("function over time", alert.over, OVER_TIME)
    yield from _unknown("window", alert.window, WINDOWS)
    for name in alert.wrappers:
        yield from _unknown("function", name, WRAPPERS)
    for term in alert.terms:
        yield from _term_faults(term, watched.instance, watched.tables)
    groups = {term.by for term in alert.terms}
    if len(groups) > 1:
        yield "query groups its metrics differently", "give every metric the same 'by {…}'"
    yield from _limit(alert.limit, watched.critical)


def _term_faults(term: Term, instance: str, tables: tuple[str, ...]) -> Iterator[Fault]:
    yield from _unknown("aggregator", term.aggregator, AGGREGATORS)
    metric = _KNOWN.get(term.metric)
    if metric is None:
        yield from _unknown("metric", term.metric, _KNOWN)
        return
    for tag in term.tags:
        yield from _unknown(f"tag of {metric.name}", tag, metric.tags)
    yield from _function_faults(term, metric)
    if term.values(INSTANCE) != (instance,):
        yield f"'{metric.name}' is not limited to the instance", "add 'instance:$instance' to its scope"
    for status in (value for tag, values in term.scope if tag == "status" for value in values):
        yield from _unknown("status", status, _STATUS)
    for table in (value for tag, values in term.scope if tag == "table" for value in values):
        yield from _unknown("table", table, tables)


def _function_faults(term: Term, metric: Metric) -> Iterator[Fault]:
    counted = [name for name in term.functions if name in COUNT_FUNCTIONS]
    for name in term.functions:
        yield from _unknown("function", name, (*COUNT_FUNCTIONS, "rollup", "fill"))
    if metric.kind == "count" and not counted:
        yield f"'{metric.name}' is a count and would be averaged", "add '.as_count()'"
    if metric.kind == "gauge" and counted:
        yield f"'{metric.name}' is a gauge, which has no '.{counted[0]}()'", "remove it"
    if metric.kind == "count" and term.aggregator != "sum":
        yield f"'{metric.name}' is a count: '{term.aggregator}' of it says nothing", "write 'sum:'"


def _log_faults(watched: Watched) -> Iterator[Fault]:
    alert = log_alert(watched.query)
    known = (*LOG_TAGS, *(AUDIT_FIELDS if _source(alert) == AUDIT_SOURCE else (*LOG_FIELDS, *EVENT_FIELDS)))
    for field in (*(name for name, _ in alert.fields), *alert.by):
        yield from _unknown("field", field, known)
    values = dict(alert.fields)
    if "@event" in values:
        yield from _unknown("event", values["@event"], _EVENTS)
    if values.get(INSTANCE) != watched.instance:
        yield "search is not limited to the instance", "add 'instance:$instance'"
    yield from _unknown("rollup", alert.rollup, ("count",))
    yield from _unknown("window", alert.window, LOG_WINDOWS)
    yield from _limit(alert.limit, watched.critical)


def _source(alert: LogAlert) -> str | None:
    return dict(alert.fields).get("source")


def _limit(written: float, critical: float) -> Iterator[Fault]:
    if written != critical:
        yield f"query compares with {written:g}, but critical is {critical:g}", "write $critical in the query"


def _unknown(what: str, word: str, known: Iterable[str]) -> Iterator[Fault]:
    names = tuple(known)
    if word not in names:
        yield f"{what} '{word}' does not exist", suggestion(word, names)
