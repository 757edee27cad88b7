"""Fault points: places where a crash test ends the process as a power cut would.

`HAVENLAKE_FAULT=merged` kills at the first passing of `fault_point("merged")`, `merged:3` at the third.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from threading import Lock

FAULT_VARIABLE = "HAVENLAKE_FAULT"

_passed: Counter[str] = Counter()
_lock = Lock()


def fault_point(name: str) -> None:
    """Kill this process with SIGKILL when `HAVENLAKE_FAULT` names this point; otherwise do nothing."""
    wanted = os.environ.get(FAULT_VARIABLE)
    if wanted is not None:
        _pass(name, wanted)


def _pass(name: str, wanted: str) -> None:
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    with _lock:  # tables run in threads
        _passed[name] += 1
        reached = _passed[name] == int(nth or 1)
    if reached:
        os.kill(os.getpid(), signal.SIGKILL)
