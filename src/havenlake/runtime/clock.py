"""Clocks: the system's, and one that tests set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class SystemClock:
    """The system's clock."""

    def now(self) -> datetime:
        """Timezone-aware UTC, in microseconds."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved.

    >>> clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    >>> clock.advance(timedelta(hours=1))
    >>> clock.now().isoformat()
    '2026-01-01T01:00:00+00:00'
    """

    time: datetime

    def __post_init__(self) -> None:
        if self.time.tzinfo is None:
            raise ValueError("a clock needs a time with a time zone")

    def now(self) -> datetime:
        """The time it was set to, as UTC."""
        return self.time.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move the clock by an interval."""
        self.time += by
