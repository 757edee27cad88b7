"""What monitoring hands to sinks. Nothing in a signal comes from a row of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from havenlake.metrics import METRICS
from havenlake.monitoring.lineage import LineageRun

_CONTRACT = {metric.name: metric for metric in METRICS}
Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Point:
    """One value of one metric. Equal points are one and the same: a point that is sent twice counts once."""

    metric: str
    value: float
    at: datetime
    tags: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        known = _CONTRACT.get(self.metric)
        if known is None:
            raise ValueError(f"{self.metric} is not in the metrics contract")
        if tuple(name for name, _ in self.tags) != known.tags:
            raise ValueError(f"{self.metric} has the tags {known.tags} and no others")

    @property
    def kind(self) -> Literal["count", "gauge"]:
        """How values are put together over time."""
        return _CONTRACT[self.metric].kind

    @property
    def unit(self) -> str:
        """Unit of the value."""
        return _CONTRACT[self.metric].unit

    @property
    def labels(self) -> dict[str, str]:
        """The tags as a mapping."""
        return dict(self.tags)


def point(metric: str, value: float, at: datetime, **tags: str) -> Point:
    """A point with its tags in the order of the contract; ValueError for a metric or tag that is not in it."""
    known = _CONTRACT.get(metric)
    order = known.tags if known else ()
    if set(tags) != set(order):
        raise ValueError(f"{metric} has the tags {order} and no others")
    return Point(metric, float(value), at, tuple((name, tags[name]) for name in order))


class EventKind(StrEnum):
    """What happened."""

    RUN_FINISHED = "run_finished"
    TABLE_FAILED = "table_failed"
    TABLE_RECOVERED = "table_recovered"
    TABLE_STALE = "table_stale"
    TABLE_FRESH = "table_fresh"
    RESIDENCY_VIOLATION = "residency_violation"


@dataclass(frozen=True)
class Event:
    """Something that happened, told once; events of one `key` are about one thing."""

    kind: EventKind
    at: datetime
    level: Level
    title: str
    text: str
    key: str
    fields: tuple[tuple[str, str], ...] = ()
    """Instance, job, run, table and the like: for logs, which may hold a run id, as metrics must not."""


@dataclass(frozen=True)
class NoticeItem:
    """One thing a person is told: what, why, since when, who owns it, what to type next."""

    what: str
    tables: tuple[str, ...]
    why: str
    since: datetime | None
    owner: str
    severity: str
    hint: str | None
    next: str
    good: bool = False


@dataclass(frozen=True)
class Notice:
    """One message to people about one run."""

    at: datetime
    workspace: str
    environment: str
    job: str
    run_id: str
    items: tuple[NoticeItem, ...]

    @property
    def title(self) -> str:
        """The message in one line."""
        bad = [item for item in self.items if not item.good]
        tables = sorted({table for item in (bad or self.items) for table in item.tables})
        shown = ", ".join(tables[:3]) + (f" and {len(tables) - 3} more" if len(tables) > 3 else "")
        return f"{self.workspace}: {'' if bad else 'well again: '}{shown}"


Signal = Point | Event | Notice | LineageRun


class Sink(Protocol):
    """Takes signals out of the process. Each takes the kinds it knows and leaves the others."""

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Deliver, or raise when any of them may not have arrived; called by one thread at a time."""

    def close(self) -> None:
        """Let go of connections."""
