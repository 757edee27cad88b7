"""A notice as text for people, the same in chat and e-mail."""

from __future__ import annotations

from collections.abc import Iterator

from havenlake.monitoring.signals import Notice, NoticeItem
from havenlake.runtime.logs import redacted

MOST_ITEMS = 20
"""Causes that one message tells of; how many more there are is said."""


def lines(notice: Notice) -> list[str]:
    """The body of a message, line by line."""
    return list(_lines(notice))


def _lines(notice: Notice) -> Iterator[str]:
    yield f"{notice.workspace} ({notice.environment}), job {notice.job}, run {notice.run_id}"
    for item in notice.items[:MOST_ITEMS]:
        yield ""
        yield from _item(item)
    if len(notice.items) > MOST_ITEMS:
        yield ""
        yield f"and {len(notice.items) - MOST_ITEMS} more causes: havenlake status -w {notice.workspace}"


def _item(item: NoticeItem) -> Iterator[str]:
    yield f"{item.what}: {', '.join(item.tables)}"
    yield f"why: {redacted(item.why)}"
    if item.since:
        yield f"since: {item.since:%Y-%m-%d %H:%M} UTC"
    if item.owner:
        yield f"owner: {item.owner} (severity {item.severity})"
    if item.hint:
        yield f"hint: {item.hint}"
    yield f"next: {item.next}"
