"""Calendars: which hours count towards the age of a table.

A table that only moves while an office is open is not late on Monday morning because of the week-end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from havenlake.config.base import ConfigModel, TimeZone, unique
from havenlake.config.zones import Day

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_UniqueDays = Field(min_length=1, json_schema_extra={"uniqueItems": True})


class Calendar(ConfigModel):
    """Hours that count. An end before the beginning means the next day: `22:00-06:00` is a night."""

    timezone: TimeZone
    days: Annotated[tuple[Weekday, ...], _UniqueDays, AfterValidator(unique)] = WEEKDAYS
    hours: Annotated[str, Field(pattern=HOURS_PATTERN)] = "00:00-24:00"
    closed: tuple[Day, ...] = ()
    """Days on which nothing counts, by the day on which their hours begin."""

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time between two instants counts; nothing when they are in the wrong order."""
        if end <= start:
            return timedelta()
        spans = self._spans(start, end)
        return sum((min(stop, end) - max(begin, start) for begin, stop in spans), timedelta())

    def _spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.timezone)
        day = start.astimezone(zone).date() - timedelta(days=1)  # a night may have begun the day before
        last = end.astimezone(zone).date()
        while day <= last:
            if WEEKDAYS[day.weekday()] in self.days and day not in self.closed:
                begin, stop = self._hours_of(day, zone)
                if begin < end and stop > start:
                    yield begin, stop
            day += timedelta(days=1)

    def _hours_of(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Beginning and end in UTC, so that an hour that a change of clocks adds or takes is counted right."""
        first, _, last = self.hours.partition("-")
        following = day + timedelta(days=1)
        midnight = last == "24:00"
        end_day = following if midnight or last <= first else day
        stop = time() if midnight else time.fromisoformat(last)
        begin = datetime.combine(day, time.fromisoformat(first), zone)
        return begin.astimezone(UTC), datetime.combine(end_day, stop, zone).astimezone(UTC)
