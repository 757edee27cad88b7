"""Logs of the `havenlake` logger: readable on a terminal, JSON on Databricks. The root logger is left alone.

Context (run, job, table) is set once by `log_context` and stands on every line logged inside it. Every line goes
through `redacted`: no message should hold a secret or anything about a person; should one all the same, no log does.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO

from havenlake.errors import HavenlakeError

LOGGER = "havenlake"
FORMAT_VARIABLE = "HAVENLAKE_LOG"

_SHAPES = re.compile(
    r"(?P<keep>\b(?:password|passwd|token|secret|api[_-]?key|authorization)\b\s*[=:]\s*)(?:bearer\s+)?[^\s,;]+"
    r"|(?P<user>[a-z][a-z0-9+.-]*://)[^\s/@]+@"
    r"|https://hooks\.slack\.com/\S+|https://\S+\.(?:logic\.azure\.com|webhook\.office\.com)\S*"
    r"|\bdapi[0-9a-f]{32}\S*|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.-])(?:\+\d[\d ().-]{6,}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?![\w-])",
    re.IGNORECASE,
)
"""What secrets, addresses and telephone numbers look like."""
HIDDEN = "<hidden>"
_SHORTEST = 6
_protected: set[str] = set()

_context: ContextVar[Mapping[str, str]] = ContextVar("havenlake_log_context", default=MappingProxyType({}))


def protect(secret: str) -> None:
    """Let no log repeat this text; one that is too short to be a secret would hide too much."""
    if len(secret) >= _SHORTEST:
        _protected.add(secret)


def redacted(text: str) -> str:
    """The text without known secrets, and without what looks like a secret, an address or a telephone number.

    >>> redacted("call +1 415 555 0100 or jess@example.org, password=hunter2")
    'call <hidden> or <hidden>, password=<hidden>'
    """
    for secret in _protected.copy():
        text = text.replace(secret, HIDDEN)
    return _SHAPES.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    kept = found["keep"] or found["user"] or ""
    return f"{kept}{HIDDEN}{'@' if found['user'] else ''}"


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add fields to every line logged inside the block. Threads inherit nothing: set it again in each."""
    token = _context.set(MappingProxyType({**_context.get(), **fields}))
    try:
        yield
    finally:
        _context.reset(token)


def set_up_logs(level: int = logging.INFO, stream: TextIO | None = None, *, as_json: bool | None = None) -> None:
    """Send the `havenlake` logger to a stream (standard error); calling it again replaces the former set-up."""
    wanted = wants_json() if as_json is None else as_json
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if wanted else TextFormatter())
    logger = logging.getLogger(LOGGER)
    for former in list(logger.handlers):
        logger.removeHandler(former)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False  # else an embedding program would print every line twice


def wants_json() -> bool:
    """Whether logs are read by a machine: on Databricks, or where `HAVENLAKE_LOG` says `json`."""
    given = os.environ.get(FORMAT_VARIABLE)
    return given == "json" if given else "DATABRICKS_RUNTIME_VERSION" in os.environ


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, context, and an error's code and type."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "service": LOGGER,
            "message": redacted(record.getMessage()),
            **_context.get(),
            **{key: value if key == "owner" else redacted(value) for key, value in event_fields(record).items()},
            **_error_fields(record),
        }
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """One line for people: time, level where it matters, table, message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        table = _context.get().get("table")
        error = _error_fields(record)
        tail = f" ({' '.join(error.values())})" if error else ""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        return f"{time} {table + ': ' if table else ''}{level}{redacted(record.getMessage())}{tail}"


def event_fields(record: logging.LogRecord) -> dict[str, str]:
    """Fields that a line brings itself, by `extra={"fields": {...}}`: `event` and what belongs to it."""
    found: dict[str, str] = getattr(record, "fields", {})
    return found


def _error_fields(record: logging.LogRecord) -> dict[str, str]:
    """Type and code of a logged error. Its text and its trace stay out: an engine's error may quote a row."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    fields = {"error_type": type(error).__name__}
    return {**fields, "error_code": error.code} if isinstance(error, HavenlakeError) else fields
