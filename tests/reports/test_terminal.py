"""Reports on a terminal: their facts, at 80 columns and more, in colour and without."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from havenlake.records import ColumnTreatments, ErrorInfo, Mode, RowCounts, Status, TablePlan
from havenlake.reports.status import AssetFacts, table_states
from havenlake.reports.terminal import plan_table, status_table, summary, why_text
from havenlake.reports.why import why
from tests.reports.ledgers import BROKEN, NOW, entry, minutes, record, result, run, schema, target

COUNTS = RowCounts(read=1_204_456, inserted=1_120, updated=31, deleted=2, returned=1, quarantined=1, nulled=12)
DONE = record(
    result("message", counts=COUNTS, notes=("change feed vacuumed: full compare",)),
    result("reporting_log_value", Status.UNCHANGED, RowCounts(read=90_211)),
    result("shift", Status.FAILED, error=BROKEN),
    result("texter", Status.FAILED, error=BROKEN),
)
PLANS = [
    TablePlan(
        "message",
        target("message"),
        Mode.COMPARE,
        "s3://landing/message",
        "export-7",
        ("added mood string",),
        ColumnTreatments(("id",), ("body",), (), ("mood",)),
        COUNTS,
        notes=("2 files",),
    ),
    TablePlan("shift", target("shift"), Mode.SKIP, counts=RowCounts(read=4)),
]


def printed(report, width: int = 80, *, terminal: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", write_through=True)
    console = Console(file=stream, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    console.print(report)
    return raw.getvalue().decode(encoding)


def rows(text: str, name: str) -> list[str]:
    """The cells of the first line that begins with a name."""
    return next(line.split() for line in text.splitlines() if line.strip().startswith(name))


@pytest.mark.parametrize("width", [80, 150])
def test_summary_shows_every_table_and_each_cause_once(width):
    text = printed(summary(DONE), width)
    assert rows(text, "message")[:2] == ["message", "succeeded"]
    assert "1,204,456 +1,120 ~31 -2 ↺1 1 12 6.0 s" in " ".join(rows(text, "message"))
    assert rows(text, "shift")[1] == "failed"
    assert text.count(BROKEN.message) == 1
    assert "hit: shift and texter" in text
    assert f"hint: {BROKEN.hint}" in text
    assert "change feed vacuumed: full compare" in text
    assert "havenlake run -w ctl-dev --resume run-1" in text
    assert "1,154 rows changed, 1 quarantined, 12 values nulled" in " ".join(text.split())


def test_summary_leaves_out_columns_of_zeros_and_what_to_resume_when_all_is_well():
    text = printed(summary(record(result("message", counts=RowCounts(read=3, inserted=3)))))
    assert "quar" not in text
    assert "nulled" not in text
    assert "--resume" not in text
    assert "succeeded" in text


def test_a_wide_summary_has_modes_and_notes_in_its_rows():
    text = printed(summary(DONE), 140)
    assert "compare" in " ".join(rows(text, "message"))
    assert rows(text, "shift")[-1] == BROKEN.code


def test_an_exact_plan_shows_rows_and_what_happens_to_columns():
    text = printed(plan_table(PLANS))
    assert "1,204,456 +1,120 ~31 -2 ↺1 1" in " ".join(rows(text, "message"))
    assert "s3://landing/message at export-7" in text
    for line in ("schema added mood string", "encrypted body", "held back mood", "clear id", "note 2 files"):
        assert line in " ".join(text.split())
    assert "1 with nothing to do, 1 to work on; 1,154 rows would change. Nothing was written." in " ".join(text.split())


def test_a_plan_that_read_no_rows_says_nothing_about_rows():
    plans = [
        TablePlan("message", target("message"), Mode.COMPARE, unknown=("rows: only --exact reads them",)),
        TablePlan("texter", target("texter"), Mode.COMPARE, error=BROKEN),
    ]
    text = " ".join(printed(plan_table(plans)).split())
    assert "would change" not in text
    assert "read changes" not in text
    assert "not known rows: only --exact reads them" in text
    assert "1 that would fail (texter)" in text
    assert f"hint {BROKEN.hint}" in text
    assert "no table" in printed(plan_table([]))


@pytest.mark.parametrize("width", [80, 140])
def test_status_shows_states_ages_and_errors(width):
    facts = {"message": AssetFacts(freshness_seconds=60, unclassified=("mood",)), "shift": AssetFacts()}
    entries = [
        entry(minutes(3), counts=COUNTS),
        entry(minutes(2), Status.FAILED, table="shift"),
        entry(minutes(2), table="gone"),
    ]
    text = printed(status_table(table_states(entries, facts, NOW)), width)
    assert text.startswith("0 of 2 tables are up to date; 1 failed; 1 is late; 1 row was quarantined;")
    assert " ".join(rows(text, "message")).startswith("message late 3 min ago 1,204,456 +1,120 ~31 -2 ↺1 1")
    assert rows(text, "shift")[1:3] == ["failed", "never"]
    assert rows(text, "gone")[1] == "removed"
    assert "hit: bronze platformdb.shift" in text
    assert "12 values left empty; 1 unclassified column: mood" in " ".join(text.split())


def test_why_shows_both_attempts_the_change_and_commands_to_copy():
    long_run = "run-" + "7" * 50
    found = why(
        [
            entry(minutes(60), context=run("good"), schema=schema(id="long")),
            entry(minutes(5), Status.FAILED, context=run(long_run), schema=schema(id="string")),
        ],
        "message",
    )
    text = printed(why_text(found))
    assert "Since it was last good, source schema changed" in " ".join(text.split())
    assert "last good  2026-03-14 11:44 UTC  succeeded  run good" in text
    assert "changed id: long → string" in text
    assert f"  havenlake run -w ctl-dev \\\n    --resume {long_run}\n" in text
    assert f"  havenlake run -w ctl-dev --resume {long_run}\n" in printed(why_text(found), 100)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert f"hint: {BROKEN.hint}" in text


ALL = [summary(DONE), plan_table(PLANS), status_table(table_states([entry(minutes(3), counts=COUNTS)], {}, NOW))]


@pytest.mark.parametrize("report", ALL)
def test_eighty_columns_are_enough(report):
    assert max(len(line) for line in printed(report).splitlines()) <= 80


@pytest.mark.parametrize("report", ALL)
def test_no_colour_off_a_terminal_and_the_same_words_on_one(report):
    plain = printed(report)
    assert "\x1b" not in plain
    assert "\x1b[" in printed(report, terminal=True)


@pytest.mark.parametrize("report", ALL)
def test_an_ascii_terminal_gets_ascii(report):
    assert "^1" in printed(report, encoding="ascii")


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from("[]/\x1b\n"), min_size=1, max_size=30))
def test_hostile_names_and_messages_do_nothing_to_the_terminal(text):
    error = ErrorInfo("HL-SRC-002", text, text)
    bad = result(text, Status.FAILED, error=error, notes=(text,))
    treated = ColumnTreatments((text,), (text,))
    plan = TablePlan(text, text, Mode.COMPARE, text, text, (text,), treated, None, (text,), (text,), error)
    entries = [entry(minutes(3), Status.FAILED, table=text, error=error, notes=(text,))]
    reports = (
        summary(record(bad)),
        plan_table([plan]),
        status_table(table_states(entries, {}, NOW)),
        why_text(why(entries, text)),
    )
    for report in reports:
        assert not set(printed(report)) & set("\x1b\x00\x07\x9b\u202e")
