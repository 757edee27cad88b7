"""Where a load of ours spends its time: seconds by step, measured around the functions that do the steps.

Steps stand under the step they are part of, and add up over the threads of tables loaded side by side.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.loader import Loader
from havenlake import api
from havenlake.applications import full_load, source_digest, to_silver
from havenlake.sources import SourceTable
from havenlake.tables import ChangeLoad, DeltaStore, Ledger, SnapshotLoad, changes, snapshot

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEPS: tuple[tuple[str, Any, str], ...] = (
    ("open the project", api.Project, "open"),
    ("ledger: read", Ledger, "entries"),
    ("ledger: append", Ledger, "append"),
    ("prepare", full_load.FullLoad, "prepare"),
    ("digest", source_digest.SourceDigest, "take"),
    ("ledger: digests", Ledger, "digests"),
    ("measure", SnapshotLoad, "measure"),
    ("write", SnapshotLoad, "write"),
    ("prepare", to_silver.ToSilver, "prepare"),
    ("measure", ChangeLoad, "measure"),
    ("write", ChangeLoad, "write"),
    ("stage", snapshot, "materialise"),
    ("stage", changes, "materialise"),
    ("merge", snapshot, "merge_staged"),
    ("merge", changes, "merge_staged"),
    ("create", DeltaStore, "create"),
    ("overwrite", DeltaStore, "overwrite"),
    ("look at the version", DeltaStore, "version"),
    ("list files again", SourceTable, "verify_unchanged"),
)
Step = tuple[str, ...]


class Profile:
    """Seconds by step of the load that runs; a step inside another one has that one's name in front."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = threading.local()
        self.seconds: dict[Step, float] = defaultdict(float)
        for label, owner, name in STEPS:
            setattr(owner, name, self._timed(label, getattr(owner, name)))

    def _timed(self, label: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            outer: Step = getattr(self._thread, "step", ())
            self._thread.step = step = (*outer, label)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._thread.step = outer
                with self._lock:
                    self.seconds[step] += time.perf_counter() - started

        return timed


class Profiled:
    """A loader of ours whose loads are profiled."""

    def __init__(self, loader: Loader, profile: Profile) -> None:
        self.name = loader.name
        self._loader = loader
        self._profile = profile
        self._loads: list[dict[Step, float]] = []

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        self._loader.prepare(folder, before, snapshot, tables)
        self._loads = []

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        self._profile.seconds.clear()
        self._loader.load(folder, snapshot, tables)
        self._loads.append(dict(self._profile.seconds))

    def clear(self, folder: Path, table: str) -> DataFrame:
        return self._loader.clear(folder, table)

    def lines(self) -> list[str]:
        """Median seconds of each step over the loads that count, for the last case."""
        loads = self._loads[1:]
        steps = sorted({step for load in loads for step in load})
        medians = [(step, median(load.get(step, 0.0) for load in loads)) for step in steps]
        return [f"    {'  ' * (len(step) - 1) + step[-1]:24} {seconds:7.2f} s" for step, seconds in medians]
