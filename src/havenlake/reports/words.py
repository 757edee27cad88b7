"""Plain words for numbers, times and names, shared by the status page and the terminal.

Everything here takes plain values and returns text that is safe to print: no control characters, no lone surrogates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from havenlake.records import ColumnTreatments, RowCounts

_UNSAFE = {"Cc", "Cs", "Cf", "Zl", "Zp"}
"""Unicode categories that could move the cursor, hide text or turn its direction round."""

_KEPT = "\n\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
TREATMENTS = (
    ("encrypted", "encrypted"),
    ("scrubbed", "scrubbed"),
    ("held_back", "held back"),
    ("dropped", "dropped"),
    ("tokens", "as token"),
    ("clear", "clear"),
)
"""Fields of `ColumnTreatments` with their words, those that protect first."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_UNITS = (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE), ("second", 1))
_SHORT = {"day": "d", "hour": "h", "minute": "min", "second": "s"}
_TENTHS_BELOW = 9.95


def printable(text: str) -> str:
    r"""Replace every character that could disturb a terminal or cannot be written as UTF-8.

    >>> ascii(printable("a\x1b[31mb"))
    "'a\\ufffd[31mb'"
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if c in _KEPT or unicodedata.category(c) not in _UNSAFE else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def one_line(text: str) -> str:
    """The printable text on one line."""
    return " ".join(printable(text).split())


def number(value: int) -> str:
    """Digits in groups of three: `1,234,567`."""
    return f"{value:,}"


def count(value: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> count(1, "row"), count(1200, "row"), count(2, "retry", "retries")
    ('1 row', '1,200 rows', '2 retries')
    """
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def listing(items: Sequence[str]) -> str:
    """Join as a sentence does.

    >>> listing(["code", "schema", "rows"])
    'code, schema and rows'
    """
    rest = ", ".join(items[:-1])
    return f"{rest} and {items[-1]}" if rest else "".join(items)


def duration(seconds: float | None) -> str:
    """A span of work, a dash where it is not known.

    >>> duration(0.42), duration(42), duration(184), duration(7500), duration(None)
    ('0.4 s', '42 s', '3 min 4 s', '2 h 5 min', '-')
    """
    if seconds is None:
        return "-"
    if seconds < _TENTHS_BELOW:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def span(length: timedelta) -> str:
    """The largest whole unit of a time span.

    >>> span(timedelta(minutes=61)), span(timedelta(seconds=-3))
    ('1 hour', '0 seconds')
    """
    units, noun = _largest(length)
    return count(units, noun)


def short_span(length: timedelta) -> str:
    """The same for narrow columns: `3 min`."""
    units, noun = _largest(length)
    return f"{number(units)} {_SHORT[noun]}"


def _largest(length: timedelta) -> tuple[int, str]:
    seconds = max(int(length.total_seconds()), 0)
    noun, size = next(((noun, size) for noun, size in _UNITS if seconds >= size), _UNITS[-1])
    return seconds // size, noun


def objective(seconds: float) -> str:
    """A length of time as people agree on it, in at most two units.

    >>> objective(93_600), objective(3_600)
    ('1 day 2 hours', '1 hour')
    """
    left, parts = int(seconds), []
    for noun, size in _UNITS:
        if left >= size:
            parts.append(count(left // size, noun))
            left %= size
    return " ".join(parts[:2]) or span(timedelta())


def ago(when: datetime, now: datetime) -> str:
    """How long ago; a clock that is ahead of ours reads as now."""
    passed = now - when
    return "just now" if passed < timedelta(seconds=5) else f"{span(passed)} ago"


def clock(when: datetime, now: datetime) -> str:
    """Time of day, with the date where it is not today's and the year where it is not this year's."""
    if when.date() == now.date():
        return f"{when:%H:%M} UTC"
    day = f"{when.day} {when:%b}"
    return f"{day} {when:%H:%M} UTC" if when.year == now.year else f"{day} {when:%Y %H:%M} UTC"


def moment(when: datetime, now: datetime) -> str:
    """`3 minutes ago, 12:41 UTC`."""
    return f"{ago(when, now)}, {clock(when, now)}"


def changes(counts: RowCounts, returned: str = "↺") -> str:
    """Rows inserted, updated, deleted and returned as `+3 ~2 -1 ↺1`; `none` when nothing changed.

    >>> changes(RowCounts(inserted=1200, deleted=1)), changes(RowCounts())
    ('+1,200 -1', 'none')
    """
    signs = (("+", counts.inserted), ("~", counts.updated), ("-", counts.deleted), (returned, counts.returned))
    return " ".join(f"{sign}{number(n)}" for sign, n in signs if n) or "none"


def changes_spoken(counts: RowCounts) -> str:
    """The same in words, for people and screen readers: `3 new, 1 removed`."""
    parts = (
        ("new", counts.inserted),
        ("changed", counts.updated),
        ("removed", counts.deleted),
        ("returned", counts.returned),
    )
    return ", ".join(f"{number(n)} {word}" for word, n in parts if n) or "no change"


def protection(columns: ColumnTreatments) -> str:
    """How many columns are protected, and how: `2 encrypted, 1 held back`; empty when none is.

    >>> protection(ColumnTreatments(clear=("id",), encrypted=("body", "phone")))
    '2 encrypted'
    """
    kinds = ((len(getattr(columns, field)), word) for field, word in TREATMENTS if field != "clear")
    return ", ".join(f"{n} {word}" for n, word in kinds if n)
