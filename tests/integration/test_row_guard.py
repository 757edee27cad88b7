"""No row of another country comes to rest: set aside by token and zone, emptied when it moves, found by its context."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from countries import DECLARED, MARK, Country, people

from havenlake.applications import row_guard
from havenlake.records import Mode, Status
from havenlake.tables import DeltaStore, snapshot
from tests.transforms.conftest import plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyspark.sql import SparkSession

AWAY: dict[int, str | None] = {
    **dict.fromkeys(range(100, 250), "CA"),
    **dict.fromkeys(range(300, 330), None),
    **dict.fromkeys(range(400, 420), "XX"),
}


def calls(numbers: Iterable[str]) -> pa.Table:
    rows = [(i, n, n.startswith("!")) for i, n in enumerate(numbers, 1)]
    return pa.table(
        {
            "id": [i for i, _, _ in rows],
            "phone": [n.lstrip("!") or None for _, n, _ in rows],
            "nick": [f"{MARK}-{i}" if away else f"nick-{i}" for i, _, away in rows],
        }
    )


@pytest.mark.parametrize("rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_rows_of_other_countries_are_set_aside_and_rest_nowhere(spark: SparkSession, tmp_path: Path, rows: int) -> None:
    lake = Country.create(tmp_path, spark, "texter", "caller")
    lake.put("texter", people(rows, AWAY, usual="us "))
    good = ["+1 (415) 555-2671", "0012125552671", "+1-907-555-2671"]
    lake.put("caller", calls([*good, "!+14165552671", "!+353861234567", "!+18095552671", "!4155552671", "!"]))
    results = lake.load()
    texter, caller = results["texter"], results["caller"]
    assert (texter.status, texter.counts.read, texter.counts.inserted) == (Status.SUCCEEDED, rows, rows - 200)
    assert (texter.counts.foreign, texter.counts.quarantined) == (200, 200)
    assert (caller.counts.inserted, caller.counts.foreign) == (3, 5)
    assert any("200 row(s) of another country" in note for note in texter.notes)
    entries = lake.quarantined("texter")
    told = Counter((e["rule"], e["zone"]) for e in entries)
    assert told == {("country_elsewhere", "ca"): 150, ("country_unknown", None): 50}
    assert len({e["identity_token"] for e in entries}) == len(entries) == 200
    assert {e["identity"] for e in entries} == {None}
    assert sorted(str(e["zone"]) for e in lake.quarantined("caller")) == ["None", "None", "None", "ca", "eu"]
    assert lake.resting() == []
    assert lake.resting("nick-99")
    assert not lake.identities("texter") & set(AWAY)
    assert {r[0] for r in lake.bronze("texter").select("country_code").distinct().collect()} == {"us "}


def test_a_row_that_moves_is_emptied_and_comes_back_whole(spark: SparkSession, tmp_path: Path) -> None:
    lake = Country.create(tmp_path, spark, "texter", rewrite_up_to=0)
    lake.put("texter", people(60, {}))
    lake.load()
    lake.put("texter", people(59, {}))  # 60 is gone for another reason, its payload kept
    lake.load()
    lake.put("texter", people(61, {5: "CA", 6: None, 60: "IE", 61: "CA"}))
    moved = lake.load()["texter"]
    assert (moved.counts.foreign, moved.counts.deleted, moved.counts.unchanged) == (4, 2, 57)
    rows = {r["id"]: r.asDict() for r in lake.bronze("texter").collect()}
    for i in (5, 60):
        held = {k: v for k, v in rows[i].items() if v is not None}
        assert set(held) == {"id", "_source", "_deleted_at", "_loaded_at", "_run_id"}
    assert (rows[6]["nick"], rows[6]["_deleted_at"]) == ("nick-6", None)  # nobody knows where it belongs: as it was
    again = lake.load()["texter"]
    assert (again.status, again.counts.foreign, again.counts.changed) == (Status.UNCHANGED, 4, 0)
    silver = lake.to_silver()["texter"]
    assert silver.status is Status.SUCCEEDED
    assert {r["id"] for r in lake.silver("texter").collect()} == set(range(1, 60)) - {5}
    lake.put("texter", people(60, {}))
    back = lake.load()["texter"]
    assert (back.counts.returned, back.counts.foreign) == (2, 0)
    assert {r["nick"] for r in lake.bronze("texter").where("id IN (5, 60)").collect()} == {"nick-5", "nick-60"}
    assert lake.to_silver()["texter"].counts.inserted == 2
    assert lake.resting() == []


def conversations(count: int, away: dict[int, str | None]) -> pa.Table:
    ids = list(range(1, count + 1))
    marked = [f"{MARK}-{i}" if i in away else f"talk-{i}" for i in ids]
    return pa.table({"id": ids, "country_code": [away.get(i, "US") for i in ids], "nick": marked})


def messages(count: int, talks: int, away: Iterable[int] = (), lost: int = 0) -> pa.Table:
    """Messages of conversations in turn; those of `away` ones are marked, and `lost`, of one that does not exist."""
    here = [0 if i == lost else (i - 1) % talks + 1 for i in range(1, count + 1)]
    marked = [f"{MARK}-{i}" if t in {0, *away} else f"word-{i}" for i, t in enumerate(here, 1)]
    ids = list(range(1, count + 1))
    return pa.table({"id": ids, "conversation_id": pa.array(here, pa.int64()), "nick": marked, "note": marked})


def parts(count: int) -> pa.Table:
    return pa.table({"id": list(range(1, count + 1)), "message_id": list(range(1, count + 1)), "nick": ["x"] * count})


def test_another_table_tells_the_country(spark: SparkSession, tmp_path: Path) -> None:
    lake = Country.create(tmp_path, spark, "message", "conversation", "part")
    lake.put("conversation", conversations(100, {4: "CA", 5: None}))
    lake.put("message", messages(1_000, 100, away=(4, 5), lost=1_000))
    lake.put("part", parts(1_000))
    first = lake.load()
    # ten messages of each foreign conversation, and one of none (which was conversation 100's)
    assert first["message"].counts.foreign == 21
    assert first["part"].counts.foreign == 21
    assert sorted(str(e["zone"]) for e in lake.quarantined("message")) == ["None"] * 11 + ["ca"] * 10
    assert lake.resting() == []

    lake.put("conversation", conversations(100, {}))
    lake.put("message", messages(999, 100))
    lake.put("part", parts(999))
    whole = lake.load()
    assert (whole["message"].counts.inserted, whole["message"].counts.foreign) == (20, 0)
    assert {t.mode for t in lake.load().values()} == {Mode.SKIP}

    # only the conversation's own row changes; its messages follow
    lake.put("conversation", conversations(100, {7: "IE"}))
    after = lake.load()
    assert (after["conversation"].counts.deleted, after["message"].counts.deleted) == (1, 10)
    assert after["part"].counts.deleted == 10
    gone = lake.bronze("message").where("conversation_id IS NULL").collect()
    assert len(gone) == 10
    assert all(r["_deleted_at"] and r["note"] is None and r["_row_hash"] is None for r in gone)


def test_a_flood_of_foreign_rows_is_refused(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_guard, "MOST_FOREIGN", 5)
    lake = Country.create(tmp_path, spark, "message", "conversation")
    lake.put("conversation", conversations(100, {4: "CA"}))
    lake.put("message", messages(1_000, 100, away=(4,)))
    results = lake.load()
    assert results["conversation"].status is Status.SUCCEEDED
    error = results["message"].error
    assert error is not None
    assert (error.code, results["message"].status) == ("HL-RES-003", Status.REFUSED)


STEPS = ("Scan", "Exchange", "ArrowEvalPython", "Join", "Sort", "Aggregate")


def test_the_guard_of_own_columns_costs_no_scan_no_exchange_and_no_python(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All plans of a first load and of a load with a change, with the guard and without: the same steps."""
    plans: list[str] = []

    def told(function: Any, position: int) -> Any:
        def wrapper(*arguments: Any, **keywords: Any) -> Any:
            plans.append(plan(arguments[position]))
            return function(*arguments, **keywords)

        return wrapper

    monkeypatch.setattr(snapshot, "materialise", told(snapshot.materialise, 0))
    monkeypatch.setattr(DeltaStore, "create", told(DeltaStore.create, 2))
    steps = {}
    for name, context in (("guarded", {"country": "country_code"}), ("bare", {"subject": "id"})):
        monkeypatch.setitem(DECLARED, "texter", {**DECLARED["texter"], "context": context})
        lake = Country.create(tmp_path / name, spark, "texter", rewrite_up_to=0)
        plans.clear()
        lake.put("texter", people(50, {}))
        assert lake.load()["texter"].counts.inserted == 50
        lake.put("texter", people(51, {}))
        assert lake.load()["texter"].counts.inserted == 1
        steps[name] = [[text.count(step) for step in STEPS] for text in plans]
        seen = "_havenlake_foreign" in "".join(plans) or " IN (US)" in "".join(plans) or "= US" in "".join(plans)
        assert seen == (name == "guarded"), plans
    assert steps["guarded"] == steps["bare"]
    assert len(steps["bare"]) >= 3  # the table made, keys compared, changed rows prepared
    assert sum(step[2] for step in steps["bare"]) >= 3
