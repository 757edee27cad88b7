from datetime import UTC, datetime, timedelta, timezone

import pytest

from havenlake.runtime.clock import FixedClock, SystemClock


def test_system_clock_tells_utc():
    before = datetime.now(UTC)
    told = SystemClock().now()
    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta(0)


def test_fixed_clock_stands_still_until_it_is_moved():
    clock = FixedClock(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=-5))))
    assert clock.now() == clock.now() == datetime(2026, 3, 1, 17, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock.now() == datetime(2026, 3, 2, 17, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 3, 1))  # noqa: DTZ001
