"""Schedules: Quartz as it is, crontab carried over, and what never fits refused."""

import pytest

from havenlake.deploy.schedules import quartz
from havenlake.errors import HavenlakeError


@pytest.mark.parametrize(
    ("written", "deployed"),
    [
        ("0 20 3,9,15,21 * * ?", "0 20 3,9,15,21 * * ?"),
        ("0 0 1 ? * sun", "0 0 1 ? * SUN"),
        ("0 0/15 * * * ?", "0 0/15 * * * ?"),
        ("0 0 6 L * ?", "0 0 6 L * ?"),
        ("0 0 6 ? * MON#1 2027", "0 0 6 ? * MON#1 2027"),
        ("15 2 * * *", "0 15 2 * * ?"),
        ("*/30 8-20 1 * *", "0 */30 8-20 1 * ?"),
        ("0 6 * * 0", "0 0 6 ? * 1"),
        ("0 6 * * 1-5", "0 0 6 ? * 2-6"),
        ("0 6 * * 7", "0 0 6 ? * 1"),
        ("0 6 * * MON", "0 0 6 ? * MON"),
    ],
)
def test_a_schedule_is_deployed_in_quartzs_form(written, deployed):
    assert quartz(written) == deployed


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0 20 25 * * ?", "'25' is no hour"),
        ("0 61 3 * * ?", "'61' is no minute"),
        ("0 0 3 * * *", "exactly one"),
        ("0 0 3 ? * ?", "exactly one"),
        ("0 0 3 * FOO ?", "'FOO' is no month"),
        ("0 0 3-5-7 * * ?", "is no hour"),
        ("0 0/0 3 * * ?", "'0/0' is no minute"),
        ("0 0 3 ? * 8", "'8' is no day of week"),
        ("0 6 1 * 1", "no Quartz form"),
        ("? 0 3 * * ?", "'?' is no second"),
    ],
)
def test_a_schedule_that_never_fits_is_refused(written, why):
    with pytest.raises(HavenlakeError, match="HL-DEP-001") as caught:
        quartz(written)
    assert why in caught.value.message
    assert caught.value.hint
