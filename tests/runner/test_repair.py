"""What becomes of attempts that ended without a word: held against tables and a ledger made for each case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from havenlake.records import LedgerEntry, Mode, RowCounts, Status, TableResult
from havenlake.runner.repair import run_lock, settle
from havenlake.tables import merge_staged
from havenlake.tables.merge import OP
from tests.runner.conftest import Copies

if TYPE_CHECKING:
    from havenlake.names import TableName


class Case:
    """One table, its ledger, and a run that comes to it."""

    def __init__(self, copies: Copies) -> None:
        self.copies = copies
        self.here = copies.environment("here")
        self.target: TableName = copies.target("a")

    def commit(self, run: str, first: int = 0, last: int = 2) -> None:
        """A commit that carries rows of a run."""
        rows = self.copies.store.spark.range(first, last).select("id", F.lit(run).alias("_run_id"))
        if self.copies.store.exists(self.target):
            self._merge(rows, "U")
        else:
            self.copies.store.create(self.target, rows, ["id"], ["_run_id"])

    def delete(self, *ids: int) -> None:
        """A commit that removes rows and leaves none of its run."""
        rows = self.copies.store.spark.createDataFrame([(i,) for i in ids], "id bigint")
        self._merge(rows.withColumn("_run_id", F.lit(None).cast("string")), "D")

    def _merge(self, rows: object, op: str) -> None:
        staged = rows.withColumn(OP, F.lit(op))  # type: ignore[attr-defined]
        merge_staged(self.copies.store, self.target, staged, identity=("id",), on_delete="delete")

    def tell(self, run: str, status: Status, before: int | None, after: int | None = None, attempt: int = 1) -> None:
        """An event of a run in the ledger."""
        environment = self.copies.environment(run, attempt)
        result = TableResult("a", str(self.target), status, version_before=before, version_after=after)
        environment.ledger.append([LedgerEntry(environment.clock.now(), environment.context, result)])

    def settle(self) -> list[tuple[str, Status, Mode | None, int | None]]:
        """What the run that comes says of the others."""
        events = settle(self.here, self.target, self.here.ledger.of_targets([self.target]))
        assert all(e.result.notes and e.result.finished_at for e in events)
        return [(e.context.run_id, e.result.status, e.result.mode, e.result.version_after) for e in events]


Prepare = Callable[[Case], None]
ABANDONED = [("dead", Status.ABANDONED, None, None)]


def _landed(case: Case) -> None:
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)
    case.commit("dead")


def _first_load_landed(case: Case) -> None:
    case.tell("dead", Status.RUNNING, None)
    case.commit("dead")


def _nothing_landed(case: Case) -> None:
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)


def _no_table(case: Case) -> None:
    case.tell("dead", Status.RUNNING, None)


def _only_columns_landed(case: Case) -> None:
    _nothing_landed(case)
    case.copies.store.add_columns(case.target, [case.copies.store.spark.range(1).toDF("new").schema.fields[0]])


def _deletions_landed(case: Case) -> None:
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)
    case.delete(1)


def _another_run_committed(case: Case) -> None:
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)
    case.tell("other", Status.RUNNING, 0)
    case.commit("other")
    case.tell("other", Status.SUCCEEDED, 0, 1)


def _another_run_deleted(case: Case) -> None:
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)
    case.delete(1)
    case.tell("other", Status.SUCCEEDED, 0, 1)


def _somebody_committed(case: Case) -> None:
    """By hand, which no ledger tells."""
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)
    case.commit("by hand")


def _both_committed(case: Case) -> None:
    case.commit("old")
    case.tell("dead", Status.RUNNING, 0)
    case.commit("other", 5, 6)
    case.tell("other", Status.SUCCEEDED, 0, 1)
    case.commit("dead")


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (_landed, [("dead", Status.SUCCEEDED, Mode.REPAIR, 1)]),
        (_first_load_landed, [("dead", Status.SUCCEEDED, Mode.REPAIR, 0)]),
        (_nothing_landed, ABANDONED),
        (_no_table, ABANDONED),
        (_only_columns_landed, ABANDONED),
        (_deletions_landed, [("dead", Status.SUCCEEDED, Mode.REPAIR, 1)]),
        (_another_run_committed, ABANDONED),
        (_another_run_deleted, ABANDONED),
        (_somebody_committed, ABANDONED),
        (_both_committed, [("dead", Status.SUCCEEDED, Mode.REPAIR, 2)]),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_dead_run_is_told_truthfully(prepare: Prepare, said: list[object], copies: Copies) -> None:
    case = Case(copies)
    prepare(case)
    assert case.settle() == said


def test_of_two_dead_runs_the_one_that_committed_is_told_so(copies: Copies) -> None:
    case = Case(copies)
    case.commit("old")
    case.tell("waiting", Status.RUNNING, 0)
    case.tell("dead", Status.RUNNING, 0)
    case.commit("dead")
    assert sorted(case.settle()) == [
        ("dead", Status.SUCCEEDED, Mode.REPAIR, 1),
        ("waiting", Status.ABANDONED, None, None),
    ]


def test_a_living_run_is_left_alone_and_so_is_one_that_ended_meanwhile(copies: Copies) -> None:
    case = Case(copies)
    case.tell("alive", Status.RUNNING, None)
    case.commit("alive")
    seen = case.here.ledger.of_targets([case.target])
    with copies.environment("alive").leases.hold(run_lock("alive"), "alive"):
        assert case.settle() == []
        case.tell("alive", Status.SUCCEEDED, None, 0)
    assert settle(case.here, case.target, seen) == (), "what this run read when it began is out of date"


def test_an_earlier_attempt_of_the_same_run_is_settled_though_the_run_lives(copies: Copies) -> None:
    case = Case(copies)
    case.here = copies.environment("dead", attempt=2)
    case.tell("dead", Status.RUNNING, None)
    case.commit("dead")
    case.tell("dead", Status.RUNNING, 0, attempt=2)
    with case.here.leases.hold(run_lock("dead"), "dead"):
        assert case.settle() == [("dead", Status.SUCCEEDED, Mode.REPAIR, 0)]


def test_a_table_that_names_no_run_is_judged_by_its_commits(copies: Copies) -> None:
    """An application of a user's own may write no `_run_id`."""
    case = Case(copies)
    case.tell("dead", Status.RUNNING, None)
    copies.store.create(case.target, copies.store.spark.range(2), ["id"], [])
    assert case.settle() == [("dead", Status.SUCCEEDED, Mode.REPAIR, 0)]


def test_the_staging_of_a_dead_attempt_is_removed(copies: Copies) -> None:
    case = Case(copies)
    case.tell("dead", Status.RUNNING, None)
    staging, other = (Path(case.here.storage.staging(f"{run}-1", case.target) or "") for run in ("dead", "else"))
    for folder in (staging, other):
        (folder / "keys").mkdir(parents=True)
    assert case.settle() == ABANDONED
    assert (staging.exists(), other.exists()) == (False, True)


def test_a_run_settles_what_it_finds_and_goes_on(copies: Copies) -> None:
    rows = {"rows": {"1": "one"}}
    copies.order(a=rows)
    case = Case(copies)
    case.tell("dead", Status.RUNNING, None)
    record = copies.run(tables=["a"])
    assert [t.status for t in record.tables] == [Status.SUCCEEDED]
    assert [e.result.status for e in copies.told("dead")] == [Status.RUNNING, Status.ABANDONED]
    assert copies.run(tables=["a"]).tables[0].counts == RowCounts(read=1, unchanged=1)
    assert len(copies.told("dead")) == 2, "it was settled twice"


def test_resuming_a_run_whose_table_had_landed_records_it_and_loads_nothing(copies: Copies) -> None:
    case = Case(copies)
    copies.order(a={"rows": {"5": "not looked at"}}, b={"rows": {"1": "one"}})
    case.tell("dead", Status.RUNNING, None)
    case.commit("dead")
    other = replace(TableResult("b", str(copies.target("b")), Status.RUNNING), version_before=None)
    dead = copies.environment("dead")
    dead.ledger.append([LedgerEntry(dead.clock.now(), dead.context, other)])
    record = copies.run(resume="dead")
    assert [(t.target, t.mode) for t in record.tables] == [
        (str(copies.target("a")), Mode.REPAIR),
        (str(copies.target("b")), Mode.FIRST_LOAD),
    ]
    assert copies.store.version(case.target) == 0
    assert copies.texts("b") == {1: "one"}
