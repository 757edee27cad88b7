"""Plan, run and resume of an application of a user's own, found by entry point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havenlake.applications.registry import application
from havenlake.errors import HavenlakeError
from havenlake.records import Mode, RowCounts, Status
from havenlake.runner import RunFailed, chosen_tables
from tests.runner.conftest import Copies, files_below

if TYPE_CHECKING:
    from havenlake.records import RunRecord


def _states(record: RunRecord) -> dict[str, Status]:
    return {r.target.rsplit(".", 1)[1]: r.status for r in record.tables}


@pytest.fixture(scope="module")
def configured(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """A project without Spark."""
    return Copies.create(tmp_path_factory.mktemp("project"), ["a", "b", "c"])


def test_chosen_tables(configured: Copies) -> None:
    job = configured.loaded[1]
    assert chosen_tables(job, None) == ("a", "b", "c")
    assert chosen_tables(job, ["c", "a", "c"]) == ("c", "a")
    with pytest.raises(HavenlakeError, match=r"HL-RUN-004 .*'d'") as caught:
        chosen_tables(job, ["a", "d"])
    assert caught.value.hint == "its tables are: a, b, c"


def test_an_installed_application_counts_like_a_built_in_one(configured: Copies) -> None:
    assert type(application("copy_job")).__module__ == "copy_job"
    assert type(configured.loaded[1].job_input).__name__ == "CopyInput"
    with pytest.raises(HavenlakeError, match="HL-CFG-012") as caught:
        application("copi_job")
    known = "bronze_to_silver_job, copy_job, freshness_job, full_load_job, maintain, residency_audit_job, rotate_keys"
    assert caught.value.hint == f"known: {known}"


def test_what_is_planned_exactly_is_what_is_run(copies: Copies) -> None:
    orders = {"a": {"rows": {"1": "one", "2": "two"}}, "b": {"fail": ["prepare", "x"]}, "c": {"position": "p-1"}}
    copies.order(**orders)
    for expected in (RowCounts(read=2, inserted=2), RowCounts(read=2, inserted=1, updated=1, deleted=1)):
        before = files_below(copies.root / "warehouse")
        rough, planned = copies.plan(), copies.plan(exact=True)
        assert files_below(copies.root / "warehouse") == before, "planning wrote something"
        with pytest.raises(RunFailed) as caught:
            copies.run()
        for guess, plan, result in zip(rough, planned, caught.value.record.tables, strict=True):
            assert (guess.table, guess.target, guess.mode) == (result.table, result.target, result.mode)
            assert (plan.table, plan.target, plan.mode) == (result.table, result.target, result.mode)
            assert (plan.counts or RowCounts(), plan.source_position) == (result.counts, result.source_position)
            assert (plan.error and plan.error.code) == (result.error and result.error.code)
        assert planned[0].counts == expected
        copies.order(a={"rows": {"2": "changed", "3": "new"}})
    assert copies.texts("a") == {2: "changed", 3: "new"}


def test_a_table_that_fails_when_measured_is_planned_roughly_and_fails_exactly(copies: Copies) -> None:
    copies.order(a={"fail": ["measure", "x"]})
    assert [p.error for p in copies.plan(tables=["a"])] == [None]
    (plan,) = copies.plan(tables=["a"], exact=True)
    assert plan.error is not None
    assert plan.error.code == "HL-RUN-900"


def test_a_resumed_run_does_only_what_is_left(copies: Copies) -> None:
    rows = {"rows": {"1": "one"}}
    copies.order(a=rows, b=rows | {"fail": ["write", "x"]}, c=rows | {"fail": ["prepare", "x"]})
    with pytest.raises(RunFailed) as caught:
        copies.run()
    run = caught.value.record.run_id
    copies.order(b=rows, a={"rows": {"1": "not looked at"}})
    with pytest.raises(RunFailed) as caught:
        copies.run(resume=run)
    assert _states(caught.value.record) == {"b": Status.SUCCEEDED, "c": Status.FAILED}
    copies.order(c=rows)
    assert _states(copies.run(resume=run, tables=["a", "b"])) == {}
    done = copies.run(resume=run)
    assert _states(done) == {"c": Status.SUCCEEDED}
    assert (done.run_id, done.context.attempt) == (run, 3), "an attempt that had nothing to do is none"
    assert [copies.texts(t) for t in "abc"] == [{1: "one"}] * 3
    told = copies.told(run)
    assert {e.result.target: e.result.status for e in told} == dict.fromkeys(
        (str(copies.target(t)) for t in "abc"), Status.SUCCEEDED
    )
    empty = copies.run(resume=run)
    assert (empty.tables, empty.status) == ((), Status.UNCHANGED)


def test_a_run_that_the_ledger_does_not_know_cannot_be_resumed(copies: Copies) -> None:
    run = copies.run(tables=["a"]).run_id
    with pytest.raises(HavenlakeError, match=r"HL-RUN-003 .*no run nonsense of job copy"):
        copies.run(resume="nonsense")
    other = Copies(copies.root, copies.spark, job="other")
    with pytest.raises(HavenlakeError, match=f"HL-RUN-003 .*no run {run} of job other"):
        other.run(resume=run)


@pytest.mark.engines
def test_the_record_and_the_ledger_say_the_same(copies: Copies) -> None:
    copies.order(a={"rows": {"1": "one"}, "position": "p-7"})
    first, second = copies.run(), copies.run()
    assert (first.status, second.status) == (Status.SUCCEEDED, Status.UNCHANGED)
    for record, versions in ((first, (None, 0)), (second, (0, 0))):
        result = record.tables[0]
        assert (result.version_before, result.version_after) == versions
        assert result.source_position == "p-7"
        last = {e.result.target: e for e in copies.told(record.run_id)}
        assert [last[r.target].result for r in record.tables] == list(record.tables)
        assert {e.context for e in last.values()} == {record.context}
        began = [e.result.status for e in copies.told(record.run_id)][:3]
        assert began == [Status.RUNNING] * 3
    assert first.tables[0].mode is Mode.FIRST_LOAD
    assert second.tables[0].mode is Mode.COMPARE


def test_parallel_tables_are_under_way_at_once(installed: Path, tmp_path: Path, copies: Copies) -> None:
    copies.order(**{table: {"meet": 3} for table in "abc"})
    assert copies.run().status is Status.UNCHANGED
    one_by_one = Copies.create(tmp_path / "one", ["a", "b"], spark=copies.spark, parallel=1)
    one_by_one.order(a={"meet": 2}, b={"meet": 2})
    with pytest.raises(RunFailed) as caught:
        one_by_one.run()
    assert all("BrokenBarrierError" in t.error.message for t in caught.value.record.tables if t.error)
