"""Hands signals to sinks: for each a bounded queue and a thread, so that nobody who has something to tell ever waits.

A queue that is full drops and counts. The end waits for a deadline, one for all sinks together. A sink that is slow,
dead or wrong is told of once, by a warning; whatever it did not deliver is known by key, so that it can be told again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from havenlake.errors import HavenlakeError
from havenlake.monitoring.signals import Signal, Sink
from havenlake.runtime.logs import LOGGER, redacted

_log = logging.getLogger(f"{LOGGER}.monitoring")

QUEUE = 10_000
"""Signals that wait for one sink at most."""
BATCH = 1_000
"""Signals handed to a sink at once."""
Key = tuple[str, int]
"""Run id and attempt that a signal is about."""


class Dispatcher:
    """All sinks of a run, by name."""

    def __init__(self, sinks: Mapping[str, Callable[[], Sink]], size: int = QUEUE) -> None:
        self._lanes = {name: _Lane(name, make, size) for name, make in sinks.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sinks."""
        return tuple(self._lanes)

    def put(self, key: Key, signals: Iterable[Signal], only: Iterable[str] | None = None) -> None:
        """Queue signals for all sinks, or for some; returns at once, whatever becomes of them."""
        told = tuple(signals)
        for name in self._lanes if only is None else only:
            self._lanes[name].put(key, told)

    def dropped(self) -> dict[str, int]:
        """Signals that did not fit, by sink."""
        return {name: lane.dropped for name, lane in self._lanes.items() if lane.dropped}

    def close(self, deadline: float) -> None:
        """Wait for what is queued, `deadline` seconds at most for all sinks together."""
        end = time.monotonic() + deadline
        for lane in self._lanes.values():
            lane.finish()
        for lane in self._lanes.values():
            lane.join(max(end - time.monotonic(), 0.0))

    def delivered(self, name: str, key: Key) -> bool:
        """Whether a sink has delivered everything about one attempt; asked after `close`."""
        return self._lanes[name].delivered(key)


class _Lane:
    """One sink with its queue and its thread; the lock is never held while the sink works."""

    def __init__(self, name: str, make: Callable[[], Sink], size: int) -> None:
        self.name = name
        self.dropped = 0
        self._make = make
        self._size = size
        self._waiting: deque[tuple[Key, Signal]] = deque()
        self._open: dict[Key, int] = {}
        self._lost: set[Key] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._warned = False
        self._thread = threading.Thread(target=self._work, name=f"telemetry-{name}", daemon=True)
        self._thread.start()

    def put(self, key: Key, signals: Sequence[Signal]) -> None:
        with self._changed:
            self._open.setdefault(key, 0)
            if len(self._waiting) + len(signals) > self._size:
                self.dropped += len(signals)
                self._lost.add(key)
                return
            self._waiting.extend((key, signal) for signal in signals)
            self._open[key] += len(signals)
            self._changed.notify()

    def finish(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._warn(HavenlakeError("HL-MON-001", f"{self.name} did not answer in time", hint=_REPLAYED))

    def delivered(self, key: Key) -> bool:
        with self._changed:
            return key in self._open and self._open[key] == 0 and key not in self._lost

    def _work(self) -> None:
        sink: Sink | None = None
        while batch := self._next():
            try:
                sink = sink or self._make()
                sink.deliver([signal for _, signal in batch])
            except Exception as error:  # noqa: BLE001  whatever a sink's client raises, a load goes on
                self._settle(batch, lost=True)
                self._warn(error)
            else:
                self._settle(batch, lost=False)
        if sink is not None:
            sink.close()

    def _next(self) -> list[tuple[Key, Signal]]:
        """The signals that wait; none when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]

    def _settle(self, batch: Sequence[tuple[Key, Signal]], *, lost: bool) -> None:
        with self._changed:
            for key, _ in batch:
                self._open[key] -= 1
                if lost:
                    self._lost.add(key)

    def _warn(self, error: Exception) -> None:
        if self._warned:
            return
        self._warned = True
        known = error if isinstance(error, HavenlakeError) else _unknown(self.name, error)
        _log.warning("%s %s (%s)", known.code, redacted(known.message), known.hint)


_REPLAYED = "the load is not affected; what was not delivered is sent by the next run"


def _unknown(name: str, error: Exception) -> HavenlakeError:
    """An error without a code: its kind only, because its text may hold an address or a key."""
    return HavenlakeError("HL-MON-001", f"{name} could not be reached ({type(error).__name__})", hint=_REPLAYED)
