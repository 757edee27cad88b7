"""Progress of a run: lines in a log, bars on a terminal, silence when asked."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from havenlake.records import RowCounts, Status
from havenlake.reports.progress import LineProgress, LiveProgress, ProgressListener, SilentProgress, progress
from tests.reports.ledgers import BROKEN, record, result

RESULTS = [
    result("message", counts=RowCounts(read=9, inserted=7, quarantined=2, nulled=7)),
    result("[red]shift\x1b[2J", Status.FAILED, error=BROKEN),
]


def play(listener: ProgressListener) -> None:
    with listener:
        listener.started([r.table for r in RESULTS])
        for r in RESULTS:
            listener.table_started(r.table)
            listener.table_finished(r)
        listener.finished(record(*RESULTS))


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=terminal, width=80, color_system=None), out


def test_lines_tell_each_beginning_and_end():
    where, out = console(terminal=False)
    play(progress(where))
    assert out.getvalue().splitlines() == [
        "2 tables to do",
        "message: started",
        "message: succeeded, +7, 2 quarantined, 7 nulled, 6.0 s (1 of 2)",
        "[red]shift\N{REPLACEMENT CHARACTER}[2J: started",
        f"[red]shift\N{REPLACEMENT CHARACTER}[2J: failed, {BROKEN.code} {BROKEN.message} (2 of 2)",
        "run run-1: failed",
    ]


def test_a_terminal_gets_live_bars_and_its_cursor_back():
    where, out = console(terminal=True)
    listener = progress(where)
    assert isinstance(listener, LiveProgress)
    play(listener)
    text = out.getvalue()
    assert "message: succeeded, +7, 2 quarantined, 7 nulled, 6.0 s" in text
    assert "\x1b[2J" not in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_the_cursor_comes_back_after_an_error():
    where, out = console(terminal=True)

    def interrupted() -> None:
        with progress(where) as listener:
            listener.started(["message"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_silence(capfd):
    play(progress(quiet=True))
    assert isinstance(progress(quiet=True), SilentProgress)
    assert capfd.readouterr() == ("", "")


def test_by_default_it_speaks_on_standard_error_only(capfd):
    play(progress())
    out, err = capfd.readouterr()
    assert out == ""
    assert "message: succeeded" in err


def test_threads_do_not_lose_a_table():
    where, out = console(terminal=False)
    listener = LineProgress(where)
    listener.started([str(i) for i in range(200)])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: listener.table_finished(result(str(i))), range(200)))
    lines = out.getvalue().splitlines()[1:]
    assert len(lines) == 200
    assert sorted(int(line.rsplit("(", 1)[1].split()[0]) for line in lines) == list(range(1, 201))
