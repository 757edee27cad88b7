"""Schedules as Databricks takes them: Quartz expressions of six or seven fields."""

from __future__ import annotations

import re

from havenlake.errors import HavenlakeError

_NAMES = {
    4: ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    5: ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
}
_FIELDS = ("second", "minute", "hour", "day of month", "month", "day of week", "year")
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_CALENDAR = re.compile(r"L|LW|[0-9]{1,2}W|L-[0-9]{1,2}|[0-9A-Z]{1,3}L|[0-9A-Z]{1,3}#[1-5]")
"""The last day, the nearest weekday, the last or the n-th of a weekday: days only."""


def quartz(expression: str) -> str:
    """A schedule in Quartz's form; a crontab of five fields is carried over. HL-DEP-001 for one that never fits.

    >>> quartz("0 20 3,9 * * ?"), quartz("15 2 * * 1-5")
    ('0 20 3,9 * * ?', '0 15 2 ? * 2-6')
    """
    fields = expression.upper().split()
    if len(fields) == 5:
        fields = _from_crontab(fields, expression)
    for index, field in enumerate(fields):
        for part in field.split(","):
            if not _fits(part, index):
                raise _refused(expression, f"'{part}' is no {_FIELDS[index]}")
    if (fields[3] == "?") == (fields[5] == "?"):
        raise _refused(expression, "exactly one of day of month and day of week must be '?'")
    return " ".join(fields)


def _from_crontab(fields: list[str], expression: str) -> list[str]:
    minute, hour, day, month, weekday = fields
    if weekday == "*":
        return ["0", minute, hour, day, month, "?"]
    if day != "*":
        raise _refused(expression, "a crontab with both a day of month and a day of week has no Quartz form")
    return ["0", minute, hour, "?", month, _weekday(weekday)]


def _weekday(field: str) -> str:
    """Days of a crontab count from Sunday as 0 (and 7), those of Quartz as 1."""
    field, slash, step = field.partition("/")
    return re.sub(r"[0-9]+", lambda found: str(int(found[0]) % 7 + 1), field) + slash + step


def _fits(part: str, index: int) -> bool:
    if part in ("*", "?"):
        return part == "*" or index in (3, 5)
    if index in (3, 5) and _CALENDAR.fullmatch(part):
        return True
    span, slash, step = part.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    ends = [] if span == "*" else span.split("-")
    values = [_value(end, index) for end in ends]
    return len(values) <= 2 and all(_BOUNDS[index][0] <= value <= _BOUNDS[index][1] for value in values)


def _value(text: str, index: int) -> int:
    """A number or a name of a month or weekday; below every bound when it is neither."""
    if text.isdigit():
        return int(text)
    names = _NAMES.get(index, ())
    return names.index(text) + 1 if text in names else -1


def _refused(expression: str, why: str) -> HavenlakeError:
    hint = "write a Quartz expression such as '0 20 3,9,15,21 * * ?' (second minute hour day month weekday)"
    return HavenlakeError("HL-DEP-001", f"schedule '{expression}' cannot be deployed: {why}", hint=hint)
