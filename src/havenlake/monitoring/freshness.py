"""How old a table is against its objective. Pure functions; an age is never negative, whatever a clock did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from havenlake.config.base import duration_text
from havenlake.config.expectations import Expectation
from havenlake.monitoring.points import instance_tags
from havenlake.monitoring.signals import Event, EventKind, NoticeItem, Point, point
from havenlake.records import RunContext

NEVER_LOADED = 1000.0
"""Ratio of a table that was never loaded: its age is not known, and it is late by any objective."""
AgeOf = Literal["load", "event"]


@dataclass(frozen=True)
class Known:
    """What the ledger knows of a table: its last good load, and the newest event that a load has met."""

    loaded_at: datetime | None = None
    newest_event: datetime | None = None


@dataclass(frozen=True)
class TableAge:
    """One age of one table. `age` is None for a table that was never loaded."""

    expectation: Expectation
    of: AgeOf
    allowed: timedelta
    age: timedelta | None
    since: datetime | None

    @property
    def ratio(self) -> float:
        """Age divided by what is allowed; above 1 the table is late."""
        return NEVER_LOADED if self.age is None else self.age / self.allowed

    @property
    def late(self) -> bool:
        """Whether it is older than allowed."""
        return self.ratio > 1

    @property
    def key(self) -> tuple[str, AgeOf]:
        """What has one age."""
        return str(self.expectation.target), self.of


def table_ages(expectations: Sequence[Expectation], known: Mapping[str, Known], now: datetime) -> tuple[TableAge, ...]:
    """Both ages of every table that has an objective; `known` is by target."""
    return tuple(age for e in expectations for age in _ages(e, known.get(str(e.target), Known()), now))


def _ages(expectation: Expectation, known: Known, now: datetime) -> Iterator[TableAge]:
    freshness = expectation.asset.freshness
    if freshness is None:
        return
    if freshness.within is not None:
        yield _age(expectation, "load", freshness.within, known.loaded_at, now)
    allowed = freshness.event_within or freshness.within
    if freshness.event_time and allowed is not None and known.newest_event is not None:
        yield _age(expectation, "event", allowed, known.newest_event, now)


def _age(expectation: Expectation, of: AgeOf, allowed: timedelta, since: datetime | None, now: datetime) -> TableAge:
    if since is None:
        return TableAge(expectation, of, allowed, None, None)
    counted = expectation.calendar.open_time(since, now) if expectation.calendar else now - since
    return TableAge(expectation, of, allowed, max(counted, timedelta()), since)


def age_points(context: RunContext, ages: Sequence[TableAge], now: datetime) -> tuple[Point, ...]:
    """Ratio and age of every table; a table that was never loaded has no age."""
    return tuple(_age_points(context, ages, now))


def _age_points(context: RunContext, ages: Sequence[TableAge], now: datetime) -> Iterator[Point]:
    for age in ages:
        tags = {**instance_tags(context), "layer": age.expectation.layer, "table": age.expectation.table, "age": age.of}
        yield point("havenlake.table.freshness_ratio", age.ratio, now, **tags)
        if age.age is not None:
            yield point("havenlake.table.age", age.age.total_seconds(), now, **tags)


def turns(before: Sequence[TableAge], now: Sequence[TableAge]) -> tuple[tuple[TableAge, ...], tuple[TableAge, ...]]:
    """Tables that have become late since the last look, and those that are late no more."""
    was_late = {age.key for age in before if age.late}
    stale = tuple(age for age in now if age.late and age.key not in was_late)
    fresh = tuple(age for age in now if not age.late and age.key in was_late)
    return stale, fresh


def alert_text(age: TableAge) -> str:
    """What a person on call needs: table, age, objective, owner."""
    expectation, asset = age.expectation, age.expectation.asset
    allowed = f"allowed {duration_text(age.allowed)}"
    if asset.freshness and asset.freshness.calendar:
        allowed += f" of calendar {asset.freshness.calendar}"
    if age.age is None:
        told = f"was never loaded, {allowed}"
    else:
        what = "last good load" if age.of == "load" else "newest event"
        told = f"{what} {_words(age.age)} ago, {allowed}"
    return (
        f"{expectation.table} ({expectation.layer}): {told}; owner {asset.owner or 'nobody'}; severity {asset.severity}"
    )


def age_events(
    context: RunContext, stale: Sequence[TableAge], fresh: Sequence[TableAge], at: datetime
) -> tuple[Event, ...]:
    """One event for each table that has become late, and for each that is no more."""
    return (
        *(_event(context, EventKind.TABLE_STALE, age, at) for age in stale),
        *(_event(context, EventKind.TABLE_FRESH, age, at) for age in fresh),
    )


def _event(context: RunContext, kind: EventKind, age: TableAge, at: datetime) -> Event:
    late = kind is EventKind.TABLE_STALE
    table, layer = age.expectation.table, age.expectation.layer
    fields = (
        *instance_tags(context).items(),
        *(("layer", layer), ("table", table), ("age", age.of), ("job", age.expectation.job), ("run", context.run_id)),
        *(("owner", age.expectation.asset.owner or ""), ("severity", age.expectation.asset.severity)),
    )
    title = f"{context.workspace}: {table} ({layer}) is {'late' if late else 'fresh again'}"
    key = f"{context.workspace}/freshness/{layer}/{table}/{age.of}"
    return Event(kind, at, "error" if late else "info", title, alert_text(age), key, fields)


def age_items(context: RunContext, stale: Sequence[TableAge], fresh: Sequence[TableAge]) -> tuple[NoticeItem, ...]:
    """What people are told of tables that turned."""
    return tuple(_item(context, age, good=good) for ages, good in ((stale, False), (fresh, True)) for age in ages)


def _item(context: RunContext, age: TableAge, *, good: bool) -> NoticeItem:
    asset = age.expectation.asset
    return NoticeItem(
        what="fresh again" if good else "late",
        tables=(age.expectation.table,),
        why=alert_text(age),
        since=None if good else age.since,
        owner=asset.owner or "",
        severity=asset.severity,
        hint=None if good else f"see whether job {age.expectation.job} runs",
        next=f"havenlake why {age.expectation.target.table} -w {context.workspace}",
        good=good,
    )


def _words(age: timedelta) -> str:
    """An age for people: two units at most.

    >>> _words(timedelta(hours=31, minutes=20)), _words(timedelta(seconds=50))
    ('1 d 7 h', '0 min')
    """
    minutes = int(age.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (rest, "min")]
    shown = [f"{n} {unit}" for n, unit in parts if n][:2]
    return " ".join(shown) or "0 min"
