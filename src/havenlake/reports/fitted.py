"""What all terminal reports share: the width and alphabet of the terminal, safe text, styles by status.

A report asks for its width when it is printed, not when it is made, so one object fits a pipe and a wide screen.
Colours are only ever an addition to a word, and rich leaves them out where the output is no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from havenlake.records import ErrorInfo, RowCounts, Status
from havenlake.reports.attempts import group_by
from havenlake.reports.words import changes, listing, printable

WIDE = 130
"""Columns of a terminal from which on all columns of a report are shown."""

_STYLES = {
    Status.RUNNING: "cyan",
    Status.SUCCEEDED: "green",
    Status.UNCHANGED: "green",
    Status.FAILED: "bold red",
    Status.REFUSED: "bold red",
    Status.ABANDONED: "bold red",
}


@dataclass(frozen=True)
class Screen:
    """What a report is printed on."""

    width: int
    ascii_only: bool

    @property
    def wide(self) -> bool:
        """Whether there is room for notes beside the numbers."""
        return self.width >= WIDE

    @property
    def returned(self) -> str:
        """The sign for returned rows."""
        return "^" if self.ascii_only else "↺"

    @property
    def arrow(self) -> str:
        """From here to there."""
        return "->" if self.ascii_only else "→"


@dataclass(frozen=True)
class Fitted:
    """A report that is laid out for the screen it is printed on."""

    build: Callable[[Screen], RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay out now."""
        yield self.build(Screen(options.max_width, options.ascii_only))


def safe(text: str, style: str = "") -> Text:
    """Text without markup or control characters, whatever a name or message holds."""
    return Text(printable(text), style=style, overflow="fold")


def status_text(status: Status) -> Text:
    """The word, coloured where colours are."""
    return Text(str(status), style=_STYLES[status])


def sheet() -> Table:
    """An empty table in the style of all reports."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def number_column(table: Table, heading: str) -> None:
    """A column of figures, never broken in two."""
    table.add_column(heading, justify="right", no_wrap=True)


def changes_column(table: Table, heading: str, counts: Iterable[RowCounts]) -> None:
    """A column of changed rows: wraps between figures, never inside one."""
    figures = (figure for c in counts for figure in changes(c).split())
    table.add_column(heading, justify="right", min_width=max(map(len, figures), default=4))


def command_text(command: str, screen: Screen) -> Text:
    """A command line to copy; where it is too long it goes on in the next line as a shell allows.

    A quoted argument must not be broken, so a command with one is folded by the terminal instead.
    """
    words = printable(command)
    if "'" in words or len(words) + 2 <= screen.width:
        return Text(f"  {words}", style="cyan", overflow="fold")
    lines = [""]
    for option in words.replace(" -", "\n-").split("\n"):
        if lines[-1] and len(lines[-1]) + len(option) + 5 > screen.width:
            lines.append("")
        lines[-1] += f" {option}" if lines[-1] else option
    return Text("  " + " \\\n    ".join(lines), style="cyan", overflow="fold")


def error_blocks(hit: Iterable[tuple[str, ErrorInfo]]) -> list[Text]:
    """Each cause once: its code and message, the tables it hit, and what to do."""
    causes = group_by(hit, lambda pair: (pair[1].code, pair[1].message, pair[1].hint))
    return [_block(pairs[0][1], listing([who for who, _ in pairs])) for pairs in causes.values()]


def _block(error: ErrorInfo, who: str) -> Text:
    lines = Text.assemble(safe(f"{error.code} ", "bold red"), safe(error.message), "\n  hit: ", safe(who))
    return lines if error.hint is None else Text.assemble(lines, "\n  hint: ", safe(error.hint))
