"""Events as lines for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from havenlake.monitoring.signals import Event, Signal


class TerminalSink:
    """Prints events on standard error; points and the like are for machines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Print events."""
        stream = self._stream or sys.stderr
        for event in (s for s in signals if isinstance(s, Event)):
            stream.write(f"{event.at:%H:%M:%S} {event.level}: {event.title}: {event.text}\n")
        stream.flush()

    def close(self) -> None:
        """The stream is not ours."""
