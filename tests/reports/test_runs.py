"""What the ledger says of each run."""

from __future__ import annotations

from datetime import timedelta

from havenlake.records import RowCounts, Status
from havenlake.reports.status import run_states
from tests.reports.ledgers import entry, minutes, run


def test_a_resumed_run_is_one_run_and_sums_its_tables():
    first, second = run("a", 1), run("a", 2)
    (state,) = run_states(
        [
            entry(minutes(20), Status.RUNNING, table="message", context=first),
            entry(minutes(20), Status.RUNNING, table="texter", context=first),
            entry(minutes(19), table="message", context=first, counts=RowCounts(read=9, inserted=5)),
            entry(minutes(18), Status.FAILED, table="texter", context=first),
            entry(minutes(10), table="texter", context=second, counts=RowCounts(read=3, deleted=2, quarantined=1)),
        ]
    )
    assert state.status is Status.SUCCEEDED
    assert not state.resumable
    assert state.counts == RowCounts(read=12, inserted=5, deleted=2, quarantined=1)
    assert state.started_at == minutes(20)
    assert state.finished_at == minutes(10)
    assert state.seconds == timedelta(minutes=10).total_seconds()


def test_the_worst_table_names_the_run_and_the_newest_run_comes_first():
    statuses = {
        "a": (Status.UNCHANGED, Status.UNCHANGED),
        "b": (Status.UNCHANGED, Status.SUCCEEDED),
        "c": (Status.REFUSED, Status.SUCCEEDED),
        "d": (Status.REFUSED, Status.FAILED),
        "e": (Status.FAILED, Status.ABANDONED),
        "f": (Status.FAILED, Status.RUNNING),
    }
    entries = [
        entry(minutes(100 - 10 * i), status, table=table, context=run(name))
        for i, (name, pair) in enumerate(statuses.items())
        for table, status in zip(("message", "texter"), pair, strict=True)
    ]
    states = run_states(entries)
    assert [s.run_id for s in states] == ["f", "e", "d", "c", "b", "a"]
    assert [s.status.value for s in states] == ["running", "abandoned", "failed", "refused", "succeeded", "unchanged"]


def test_no_entries_no_runs():
    assert run_states([]) == ()
