"""States of arbitrary ledgers, in any order of their entries, against a model that knows what really happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from havenlake.records import LedgerEntry, Status
from havenlake.reports.status import run_states, table_states
from tests.reports.ledgers import BROKEN, HELD, NOW, entry, run

TABLES = ("message", "texter")
OUTCOMES = (Status.SUCCEEDED, Status.UNCHANGED, Status.FAILED, Status.REFUSED)


@dataclass
class Happened:
    """One attempt at one table, in the order in which things happened; no outcome: the process died."""

    run_id: str
    attempt: int
    table: str
    outcome: Status | None
    swept: bool
    held: bool


@st.composite
def histories(draw) -> tuple[list[LedgerEntry], list[Happened]]:
    """Runs one after the other, each with attempts that redo what is left, some killed, some of these swept later."""
    entries, happened, sweeps = [], [], []
    clock = NOW - timedelta(days=30)
    for number in range(draw(st.integers(1, 6))):
        left = list(TABLES)
        for attempt in range(1, draw(st.integers(1, 3)) + 1):
            context = run(f"run-{number}", attempt)
            clock += timedelta(minutes=1)
            entries += [entry(clock, Status.RUNNING, table=t, context=context) for t in left]
            for table in tuple(left):
                clock += timedelta(minutes=draw(st.integers(1, 5)))
                outcome = draw(st.sampled_from((*OUTCOMES, None)))
                held = outcome is Status.FAILED and draw(st.booleans())
                swept = outcome is None and draw(st.booleans())
                if outcome:
                    error = {"error": HELD if held else BROKEN} if not outcome.good else {}
                    entries.append(entry(clock, outcome, table=table, context=context, seconds=1, **error))
                if outcome and outcome.good:
                    left.remove(table)
                if swept:
                    sweeps.append((table, context))
                happened.append(Happened(context.run_id, attempt, table, outcome, swept, held))
            if not left:
                break
    for table, context in sweeps:
        clock += timedelta(minutes=1)
        entries.append(entry(clock, Status.ABANDONED, table=table, context=context))
    return draw(st.permutations(entries)), happened


def truth(one: Happened, everything: list[Happened]) -> Status:
    """What can be known of an attempt from all that was written."""
    if one.outcome:
        return one.outcome
    later = everything[everything.index(one) + 1 :]
    resumed = any(h.run_id == one.run_id and h.attempt > one.attempt for h in later)
    swept = any(h.swept and (h.run_id, h.attempt) == (one.run_id, one.attempt) for h in everything)
    taken = any(h.table == one.table and h.run_id != one.run_id and h.outcome and not h.held for h in later)
    # a run that was swept in one table wrote its last word then, so nothing later needs to prove its end
    return Status.ABANDONED if resumed or swept or taken else Status.RUNNING


@settings(max_examples=300, deadline=None)
@given(histories())
def test_states_say_what_happened_in_any_order_of_entries(history):
    entries, happened = history
    states = {s.table: s for s in table_states(entries, {}, NOW)}
    for table in TABLES:
        mine = [(h, truth(h, happened)) for h in happened if h.table == table]
        good = [h for h, status in mine if status.good]
        settled = [(h, status) for h, status in mine if status is not Status.RUNNING]
        state = states[table]
        assert (state.last.context.run_id, state.last.context.attempt) == (mine[-1][0].run_id, mine[-1][0].attempt)
        assert state.last.status is mine[-1][1]
        assert (state.last_good and state.last_good.context.run_id) == (good[-1].run_id if good else None)
        assert (state.settled and state.settled.status) == (settled[-1][1] if settled else None)
        assert [p.status for p in state.history] == [status for _, status in mine][-30:]


@settings(max_examples=150, deadline=None)
@given(histories())
def test_runs_end_as_their_last_attempts_did(history):
    entries, happened = history
    states = {r.run_id: r for r in run_states(entries)}
    assert set(states) == {h.run_id for h in happened}
    for run_id, state in states.items():
        last = {h.table: truth(h, happened) for h in happened if h.run_id == run_id}
        assert {t.table: t.status for t in state.tables} == last
        assert state.context.attempt == max(h.attempt for h in happened if h.run_id == run_id)
        assert (state.finished_at is None) == bool({Status.RUNNING, Status.ABANDONED} & set(last.values()))
        assert state.resumable == (state.status in (Status.FAILED, Status.REFUSED, Status.ABANDONED))
