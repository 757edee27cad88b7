"""What the ledger says of each table, by hand-made cases."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from havenlake.records import ColumnTreatments, Mode, RowCounts, Status
from havenlake.reports.status import AssetFacts, AssetPlace, Freshness, TableState, Verdict, table_states
from tests.reports.ledgers import BROKEN, HELD, NOW, entry, minutes, run, target

HOUR = 3600.0


def state(*entries, facts=None) -> TableState:
    (only,) = table_states(entries, {"message": facts} if facts else {}, NOW)
    return only


def test_last_good_counts_succeeded_and_unchanged_alike():
    s = state(
        entry(minutes(90), Status.SUCCEEDED, context=run("a"), counts=RowCounts(read=10, inserted=10)),
        entry(minutes(30), Status.UNCHANGED, context=run("b"), counts=RowCounts(read=10)),
        entry(minutes(10), Status.FAILED, context=run("c")),
    )
    assert s.last
    assert s.last.status is Status.FAILED
    assert s.last_good
    assert s.last_good.context.run_id == "b"
    assert s.load_age == timedelta(minutes=30)
    assert s.error == BROKEN
    assert s.verdict is Verdict.FAILED
    assert [p.status for p in s.history] == [Status.SUCCEEDED, Status.UNCHANGED, Status.FAILED]
    assert [p.changed for p in s.history] == [10, 0, 0]


def test_outcome_outweighs_the_running_entry_of_the_same_attempt_even_if_the_clock_went_back():
    s = state(entry(minutes(4), Status.RUNNING), entry(minutes(5), Status.SUCCEEDED))
    assert s.last
    assert s.last.status is Status.SUCCEEDED
    assert len(s.history) == 1


def test_later_attempt_of_a_run_supersedes():
    s = state(
        entry(minutes(20), Status.RUNNING, context=run("a", 1)),
        entry(minutes(10), Status.RUNNING, context=run("a", 2)),
        entry(minutes(9), Status.SUCCEEDED, context=run("a", 2)),
    )
    assert s.verdict is Verdict.UP_TO_DATE
    assert [p.status for p in s.history] == [Status.ABANDONED, Status.SUCCEEDED]


def test_a_running_table_keeps_its_last_verdict():
    s = state(
        entry(minutes(60), Status.SUCCEEDED, context=run("a")), entry(minutes(1), Status.RUNNING, context=run("b"))
    )
    assert s.running
    assert s.verdict is Verdict.UP_TO_DATE
    assert state(entry(minutes(1), Status.RUNNING)).verdict is Verdict.NEVER


def test_a_dead_run_is_abandoned_once_another_got_the_table():
    dead = entry(minutes(60), Status.RUNNING, context=run("dead"))
    assert state(dead).running
    after = state(dead, entry(minutes(5), Status.FAILED, context=run("next")))
    assert [p.status for p in after.history] == [Status.ABANDONED, Status.FAILED]
    held = state(dead, entry(minutes(5), Status.FAILED, context=run("next"), error=HELD))
    assert held.history[0].status is Status.RUNNING


def test_a_late_sweep_does_not_hide_the_success_that_came_before_it():
    s = state(
        entry(minutes(60), Status.RUNNING, context=run("dead")),
        entry(minutes(30), Status.SUCCEEDED, context=run("next")),
        entry(minutes(5), Status.ABANDONED, context=run("dead")),
    )
    assert s.verdict is Verdict.UP_TO_DATE
    assert s.last
    assert s.last.context.run_id == "next"


def test_a_swept_run_is_abandoned_in_all_its_tables():
    entries = [entry(minutes(60), Status.RUNNING, table=t) for t in ("message", "texter")]
    entries.append(entry(minutes(5), Status.ABANDONED, table="texter"))
    assert {s.verdict for s in table_states(entries, {}, NOW)} == {Verdict.INTERRUPTED}


def test_a_repair_outweighs_the_presumed_death_of_the_same_attempt():
    s = state(
        entry(minutes(60), Status.RUNNING),
        entry(minutes(20), Status.ABANDONED),
        entry(minutes(10), Status.SUCCEEDED, mode=Mode.REPAIR),
    )
    assert s.verdict is Verdict.UP_TO_DATE


def test_an_outcome_outweighs_a_sweep_that_had_not_seen_it_yet():
    s = state(entry(minutes(60), Status.RUNNING), entry(minutes(20)), entry(minutes(10), Status.ABANDONED))
    assert s.verdict is Verdict.UP_TO_DATE


@pytest.mark.parametrize(
    ("age_minutes", "warn", "expected", "verdict"),
    [
        (47, None, Freshness.OK, Verdict.UP_TO_DATE),
        (48.1, None, Freshness.WARN, Verdict.DUE),
        (60, None, Freshness.WARN, Verdict.DUE),
        (60.1, None, Freshness.LATE, Verdict.LATE),
        (31, 30 * 60.0, Freshness.WARN, Verdict.DUE),
        (-5, None, Freshness.OK, Verdict.UP_TO_DATE),
    ],
)
def test_freshness_against_the_objective(age_minutes, warn, expected, verdict):
    facts = AssetFacts(freshness_seconds=HOUR, warn_seconds=warn)
    s = state(entry(minutes(age_minutes)), facts=facts)
    assert s.freshness is expected
    assert s.verdict is verdict
    assert s.load_age is not None
    assert s.load_age >= timedelta()


def test_no_objective_no_light_but_never_is_always_told():
    assert state(entry(minutes(60 * 24 * 400))).freshness is None
    assert state(entry(minutes(1), Status.FAILED)).freshness is Freshness.NEVER


def test_a_failure_weighs_more_than_fresh_data():
    facts = AssetFacts(freshness_seconds=HOUR)
    s = state(entry(minutes(9), context=run("a")), entry(minutes(1), Status.REFUSED, context=run("b")), facts=facts)
    assert s.freshness is Freshness.OK
    assert s.verdict is Verdict.REFUSED


def test_quarantine_stays_known_through_runs_that_read_nothing():
    s = state(
        entry(minutes(9), context=run("a"), counts=RowCounts(read=9, inserted=7, quarantined=2, nulled=7)),
        entry(minutes(1), Status.UNCHANGED, context=run("b"), mode=Mode.SKIP),
    )
    assert (s.quarantined, s.nulled) == (2, 7)
    assert s.counts == RowCounts()


def test_declared_places_without_entries_are_never_loaded_and_undeclared_ones_are_marked():
    treated = ColumnTreatments(clear=("id",), encrypted=("body",))
    facts = AssetFacts(
        places=(AssetPlace("bronze", target("texter"), treated), AssetPlace("silver", "s.platformdb.texter"))
    )
    entries = [entry(minutes(1), table="texter"), entry(minutes(1), table="gone")]
    found = {(s.layer, s.table): s for s in table_states(entries, {"platformdb.texter": facts}, NOW)}
    assert found["bronze", "texter"].columns == treated
    assert found["silver", "texter"].verdict is Verdict.NEVER
    assert found["silver", "texter"].asset == "platformdb.texter"
    assert not found["bronze", "gone"].declared
    assert [s.layer for s in table_states(entries, {"texter": facts}, NOW)] == ["bronze", "bronze", "silver"]


def test_a_target_that_moved_is_two_places_one_of_them_retired():
    facts = AssetFacts(places=(AssetPlace("bronze", "new.platformdb.message"),))
    entries = [entry(minutes(9)), entry(minutes(1), target="new.platformdb.message", context=run("b"))]
    assert {s.target: s.declared for s in table_states(entries, {"message": facts}, NOW)} == {
        target("message"): False,
        "new.platformdb.message": True,
    }


def test_notes_tell_what_the_run_the_asset_and_the_clock_say():
    facts = AssetFacts(unclassified=("mood", "age"), guarded_by_row=False)
    s = state(entry(minutes(1), notes=("fell back to full compare",)), facts=facts)
    assert s.notes[0] == "fell back to full compare"
    assert "2 unclassified columns: age and mood" in s.notes
    assert any("unguarded by row" in note for note in s.notes)
    stuck = state(entry(minutes(60 * 7), Status.RUNNING))
    assert any("no end recorded for 7 hours" in note for note in stuck.notes)


def test_history_is_bounded_and_ends_with_the_newest():
    s = state(*(entry(minutes(100 - i), context=run(f"r{i}")) for i in range(50)))
    assert len(s.history) == 30
    assert s.history[-1].run_id == "r49"


def test_nothing_known_is_no_state():
    assert table_states([], {}, NOW) == ()


def test_machine_form_is_json_and_says_what_people_see():
    s = state(entry(minutes(30), Status.FAILED))
    read = json.loads(json.dumps(s.to_dict(), default=str))
    assert read["verdict"] == "failed"
    assert read["error"]["code"] == BROKEN.code
    assert read["last"]["result"]["status"] == "failed"
