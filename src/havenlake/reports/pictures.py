"""Small inline pictures of the status page: status pills and the history of a table, each also in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from math import log1p

from havenlake.records import Status
from havenlake.reports.headline import Mood
from havenlake.reports.markup import Html, join, tag
from havenlake.reports.status import HISTORY, HistoryPoint, Verdict
from havenlake.reports.words import clock, count, duration, listing

_TICK, _BANG, _CROSS = "M3 8.5l3.2 3.2L13 4.5", "M8 3v6M8 12.6v.1", "M4 4l8 8M12 4l-8 8"
_ICONS = {"ok": _TICK, "warn": _BANG, "bad": _CROSS, "none": "M4 8h8"}
_MOODS = {Mood.GOOD: "ok", Mood.ATTENTION: "warn", Mood.BAD: "bad"}
_VERDICTS = {
    Verdict.UP_TO_DATE: "ok",
    Verdict.DUE: "warn",
    Verdict.LATE: "bad",
    Verdict.NEVER: "warn",
    Verdict.INTERRUPTED: "bad",
    Verdict.REFUSED: "bad",
    Verdict.FAILED: "bad",
}
_STATUSES = {
    Status.RUNNING: "none",
    Status.SUCCEEDED: "ok",
    Status.UNCHANGED: "ok",
    Status.FAILED: "bad",
    Status.REFUSED: "bad",
    Status.ABANDONED: "bad",
}
_WORDS = {Status.ABANDONED: "interrupted", Status.RUNNING: "running now"}

_HEIGHT, _STEP, _WIDTH, _STUB, _TALLEST_GOOD = 28, 5, 4, 3, 20


def mood_class(mood: Mood) -> str:
    """The colour class of the banner."""
    return _MOODS[mood]


def verdict_class(verdict: Verdict) -> str:
    """The colour class of a table."""
    return _VERDICTS[verdict]


def icon(kind: str) -> Html:
    """Tick, exclamation mark, cross or dash; decoration only, the word stands beside it."""
    return tag("svg", tag("path", d=_ICONS[kind]), class_="icon", viewBox="0 0 16 16", aria_hidden="true")


def status_word(status: Status) -> str:
    """The status as a reader without the glossary understands it."""
    return _WORDS.get(status, str(status))


def verdict_pill(verdict: Verdict) -> Html:
    """The state of a table."""
    return _pill(_VERDICTS[verdict], str(verdict))


def status_pill(status: Status) -> Html:
    """The outcome of an attempt or a run."""
    return _pill(_STATUSES[status], status_word(status))


def sparkline(history: Sequence[HistoryPoint], now: datetime) -> Html:
    """Bars of the last attempts, the newest at the right: logarithmic in rows changed, bad ones at full height."""
    if not history:
        return tag("span", "no runs yet", class_="soft")
    most = max((p.changed for p in history if p.status.good), default=0)
    first = HISTORY - len(history)
    bars = [_bar(point, (first + i) * _STEP, most, now) for i, point in enumerate(history)]
    base = tag("rect", class_="base", x=0, y=_HEIGHT - 1, width=HISTORY * _STEP - 1, height=1)
    box = f"0 0 {HISTORY * _STEP - 1} {_HEIGHT}"
    return tag("svg", base, *bars, class_="spark", viewBox=box, role="img", aria_label=_summary(history))


def _bar(point: HistoryPoint, x: int, most: int, now: datetime) -> Html:
    share = log1p(point.changed) / log1p(most) if most else 0.0
    bad = _STATUSES[point.status] == "bad"
    height = _HEIGHT if bad else _STUB + round(share * (_TALLEST_GOOD - _STUB))
    took = "" if point.seconds is None else f", {duration(point.seconds)}"
    title = f"{clock(point.at, now)}: {status_word(point.status)}, {count(point.changed, 'row')} changed{took}"
    place = {"x": x, "y": _HEIGHT - height, "width": _WIDTH, "height": height}
    return tag("rect", tag("title", title), class_=_STATUSES[point.status], **place)


def _summary(history: Sequence[HistoryPoint]) -> str:
    tally = Counter(status_word(p.status) for p in history)
    return f"Last {count(len(history), 'attempt')}: {listing([f'{n} {word}' for word, n in tally.most_common()])}"


def _pill(kind: str, word: str) -> Html:
    return tag("span", join(icon(kind), word), class_=f"pill {kind}")
