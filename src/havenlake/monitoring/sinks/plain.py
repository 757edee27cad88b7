"""Any signal as a plain mapping, for sinks that write JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from havenlake.monitoring.lineage import LineageRun
from havenlake.monitoring.signals import Event, Notice, Point, Signal


def plain(signal: Signal) -> dict[str, Any]:
    """A signal as values of JSON; `signal` says which kind it is."""
    if isinstance(signal, Point):
        return {
            "signal": "point",
            "at": signal.at.isoformat(),
            "metric": signal.metric,
            "kind": signal.kind,
            "value": signal.value,
            "tags": signal.labels,
        }
    if isinstance(signal, Event):
        return {"signal": "event", **event_fields(signal)}
    kind = {Notice: "notice", LineageRun: "lineage"}[type(signal)]
    return {"signal": kind, **_texts(asdict(signal))}


def event_fields(event: Event) -> dict[str, str]:
    """An event as flat text fields, as a line of a log has them."""
    return {
        "at": event.at.isoformat(),
        "event": str(event.kind),
        "level": event.level,
        "title": event.title,
        "text": event.text,
        "key": event.key,
        **dict(event.fields),
    }


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
