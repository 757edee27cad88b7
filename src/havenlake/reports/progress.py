"""Tells a person how a run goes on: live bars on a terminal, plain lines in a log, or nothing.

All of it goes to standard error, so that standard output holds data only. Methods may be called from several threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from havenlake.records import RunRecord, TableResult
from havenlake.reports.fitted import safe
from havenlake.reports.words import changes, count, duration, number, one_line


class ProgressListener(Protocol):
    """What a run tells while it goes on. It is a context manager: leaving it restores the terminal, come what may."""

    def started(self, tables: Sequence[str]) -> None:
        """The run begins on these tables."""

    def table_started(self, table: str) -> None:
        """One table begins."""

    def table_finished(self, result: TableResult) -> None:
        """One table ended, well or not."""

    def finished(self, record: RunRecord) -> None:
        """All is over."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""


class SilentProgress:
    """Says nothing (`--quiet`, `--json`, notebooks); the base of the others."""

    def started(self, tables: Sequence[str]) -> None:
        """Nothing."""

    def table_started(self, table: str) -> None:
        """Nothing."""

    def table_finished(self, result: TableResult) -> None:
        """Nothing."""

    def finished(self, record: RunRecord) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""


class LineProgress(SilentProgress):
    """One line when a table begins and one when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = Lock()
        self._total = 0
        self._done = 0

    def started(self, tables: Sequence[str]) -> None:
        """Say how many tables there are."""
        with self._lock:
            self._total, self._done = len(tables), 0
        self._say(f"{count(len(tables), 'table')} to do")

    def table_started(self, table: str) -> None:
        """Name the table."""
        self._say(f"{one_line(table)}: started")

    def table_finished(self, result: TableResult) -> None:
        """Say how it ended and how many are done."""
        with self._lock:
            self._done += 1
            done = f"({self._done} of {self._total})"
        self._say(f"{outcome(result)} {done}")

    def finished(self, record: RunRecord) -> None:
        """Name the run and its outcome."""
        self._say(f"run {one_line(record.run_id)}: {record.status}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class LiveProgress(SilentProgress):
    """A bar for the run, a line for each table at work; finished tables scroll by above."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._run: TaskID | None = None
        self._tables: dict[str, TaskID] = {}
        self._lock = Lock()

    def started(self, tables: Sequence[str]) -> None:
        """Draw the bar."""
        self._progress.start()
        with self._lock:
            self._run = self._progress.add_task("tables", total=len(tables))

    def table_started(self, table: str) -> None:
        """Add a line for the table."""
        with self._lock:
            self._tables[table] = self._progress.add_task(f"  {one_line(table)}", total=None)

    def table_finished(self, result: TableResult) -> None:
        """Write the outcome above the bar and move it on."""
        with self._lock:
            task = self._tables.pop(result.table, None)
            if task is not None:
                self._progress.remove_task(task)
            if self._run is not None:
                self._progress.advance(self._run)
        style = "green" if result.status.good else "bold red"
        self._progress.console.print(safe(outcome(result), style), highlight=False)

    def finished(self, record: RunRecord) -> None:  # noqa: ARG002  the summary that follows says it all
        """Take the bar away."""
        self._progress.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back."""
        self._progress.stop()


def progress(console: Console | None = None, *, quiet: bool = False) -> ProgressListener:
    """The listener that suits the place: live on a terminal, lines elsewhere, silent when asked."""
    if quiet:
        return SilentProgress()
    console = console or Console(stderr=True)
    return LiveProgress(console) if console.is_terminal else LineProgress(console)


def outcome(result: TableResult) -> str:
    """One table's result on one line, its rows or its error."""
    text = f"{one_line(result.table)}: {result.status}"
    if result.error is not None:
        return f"{text}, {result.error.code} {one_line(result.error.message)}"
    parts = [changes(result.counts, "^")] if result.counts.changed else []
    parts += [f"{number(result.counts.quarantined)} quarantined"] if result.counts.quarantined else []
    parts += [f"{number(result.counts.nulled)} nulled"] if result.counts.nulled else []
    return ", ".join((text, *parts, duration(result.seconds)))
