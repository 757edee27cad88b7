"""Rounds: every loader once per round in one warm session, after one round that does not count."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from benchmarks.loader import Loader, read_snapshot

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Case:
    """One row of the question: how long does `snapshot` take, after `before` or from nothing?"""

    title: str
    tables: tuple[str, ...]
    loaders: tuple[Loader, ...]
    snapshot: str
    before: str | None = None


@dataclass(frozen=True)
class Timing:
    """Seconds of one loader in one case, in the order of the rounds."""

    case: str
    loader: str
    seconds: tuple[float, ...]


class WrongResultError(Exception):
    """A loader's tables do not hold what the snapshot holds."""


@dataclass(frozen=True)
class Bench:
    """Snapshots under `data`, working folders under `work`; `rounds` count, after `warm_up` ones that do not."""

    spark: SparkSession
    data: Path
    work: Path
    rounds: int
    warm_up: int = 1

    def measure(self, case: Case) -> list[Timing]:
        """Time every loader of a case; after the last round its tables are checked against the snapshot."""
        states = [self._state(case, loader) for loader in case.loaders]
        turns = list(zip(case.loaders, states, strict=True))
        seconds: dict[str, list[float]] = {loader.name: [] for loader in case.loaders}
        last = self.warm_up + self.rounds - 1
        for number in range(last + 1):
            first = number % len(turns)  # nobody always goes first
            for loader, state in turns[first:] + turns[:first]:
                seconds[loader.name].append(self._turn(case, loader, state, check=number == last))
            _say(f"{case.title}: round {number + 1} of {last + 1}", {n: s[-1] for n, s in seconds.items()})
        for state in states:
            shutil.rmtree(state)
        return [Timing(case.title, name, tuple(taken[self.warm_up :])) for name, taken in seconds.items()]

    def _state(self, case: Case, loader: Loader) -> Path:
        folder = self._folder(loader)
        before = self.data / case.before if case.before else None
        loader.prepare(folder, before, self.data / case.snapshot, case.tables)
        return folder

    def _turn(self, case: Case, loader: Loader, state: Path, *, check: bool) -> float:
        folder = self._folder(loader)  # a new place each time, because Delta remembers places
        shutil.copytree(state, folder, dirs_exist_ok=True)
        os.sync()  # writing the copy to disk is nobody's turn
        started = time.perf_counter()
        loader.load(folder, self.data / case.snapshot, case.tables)
        taken = time.perf_counter() - started
        if check:
            self._check(case, loader, folder)
        shutil.rmtree(folder)
        return taken

    def _check(self, case: Case, loader: Loader, folder: Path) -> None:
        for table in case.tables:
            found = _contents(loader.clear(folder, table))
            wanted = _contents_of(self.spark, self.data / case.snapshot, table)
            if found != wanted:
                raise WrongResultError(
                    f"{case.title}: {loader.name} left {found} in {table}, the snapshot has {wanted}"
                )

    def _folder(self, loader: Loader) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{loader.name}-", dir=self.work))


def _contents(rows: DataFrame) -> tuple[int, int]:
    """Number of rows, and the exclusive or of their hashes."""
    found = rows.agg(F.count(F.lit(1)), F.bit_xor(F.xxhash64(*rows.columns))).collect()[0]
    return found[0], found[1]


@cache
def _contents_of(spark: SparkSession, snapshot: Path, table: str) -> tuple[int, int]:
    return _contents(read_snapshot(spark, snapshot, table))


def _say(what: str, seconds: dict[str, float]) -> None:
    taken: Sequence[str] = [f"{name} {value:.2f} s" for name, value in seconds.items()]
    sys.stderr.write(f"{what}  {'  '.join(taken)}\n")
