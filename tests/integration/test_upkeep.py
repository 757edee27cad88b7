"""Upkeep of tables that live: many small loads, deleted rows whose time is over, a silver that is behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from crashes import die_at
from projects import LOAD, SILVER, Lake
from things import JOBS, UPKEEP, both, files_of, load, maintain, parquet_values, put, rows_of, things

from havenlake.cli.status_data import current_states
from havenlake.names import TableName
from havenlake.records import LedgerEntry, Mode, RowCounts, Status
from havenlake.runtime.clock import FixedClock, SystemClock
from havenlake.tables.ledger import latest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import SparkSession

ASSET = {"identity": ["id"], "encrypted": ["secret"], "columns": {"note": "clear"}, "retention": "30d"}
BRONZE, SILVER_TABLE = "local_bronze.platformdb.thing", "local_silver.platformdb.thing"
LEDGER = "local_operations.havenlake.ledger"
SCHEMA = pa.schema([("id", pa.int64()), ("note", pa.string()), ("secret", pa.string()), ("n", pa.int32())])
NOTHING = timedelta(0)


def snapshot(ids: Iterable[int], **changes: Any) -> pa.Table:
    rows = [{"id": i, "note": f"note {i}", "secret": f"secret {i}", "n": i, **changes} for i in ids]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Iterator[Lake]:
    """With Delta's own check of retention on, as in production."""
    check = "spark.databricks.delta.retentionDurationCheck.enabled"
    before = spark.conf.get(check)
    spark.conf.set(check, "true")
    yield things(tmp_path_factory.mktemp("lake"), spark, {"thing": ASSET})
    spark.conf.set(check, str(before))


def later(days: int) -> FixedClock:
    return FixedClock(SystemClock().now() + timedelta(days=days))


def plan_modes(lake: Lake) -> dict[str, Mode | None]:
    plans = lake.project.plan(UPKEEP)
    assert not [p for p in plans if p.error]
    return {p.target: p.mode for p in plans}


def backdate_deletions(lake: Lake, days: int) -> None:
    """As if the rows had been found missing earlier: a process of its own has no clock to set."""
    assert lake.spark is not None
    table = lake.project.store.ref(TableName.parse(BRONZE))
    lake.spark.sql(
        f"UPDATE {table} SET _deleted_at = _deleted_at - INTERVAL {days} DAYS WHERE _deleted_at IS NOT NULL"
    ).collect()


def told(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Events but those of upkeep."""
    return [e for e in entries if e.context.job != UPKEEP]


@pytest.mark.parametrize("loads", [8, pytest.param(60, marks=pytest.mark.soak)])
def test_many_small_loads_then_upkeep_bounds_files_and_the_next_load_is_right(lake: Lake, loads: int) -> None:
    lake.merging().edit(JOBS, ("schemas: [local_bronze", "compact_files: 6\n          schemas: [local_bronze"))
    for i in range(loads):
        put(lake, "thing", snapshot(range(i + 1)))
        assert load(lake)["thing"].counts.inserted == 1
    assert load(lake, SILVER)["thing"].status is Status.SUCCEEDED
    assert len(files_of(lake, BRONZE)) >= loads
    rows, events = rows_of(lake, BRONZE), lake.project.ledger()
    assert plan_modes(lake)[BRONZE] is Mode.UPKEEP

    found = maintain(lake)[BRONZE]
    assert (found.status, found.mode) == (Status.SUCCEEDED, Mode.UPKEEP)
    assert any("small files compacted" in note for note in found.notes)
    assert len(files_of(lake, BRONZE)) == 1
    assert len(files_of(lake, LEDGER)) < 6
    assert rows_of(lake, BRONZE) == rows

    kept = told(lake.project.ledger())
    assert kept == list(events)
    assert latest(kept) == latest(events)
    assert set(plan_modes(lake).values()) == {Mode.SKIP}

    put(lake, "thing", snapshot([*range(1, loads), 1000]))
    assert load(lake)["thing"].counts == RowCounts(read=loads, inserted=1, deleted=1, unchanged=loads - 1)
    silver = load(lake, SILVER)["thing"]
    assert (silver.mode, silver.counts.inserted, silver.counts.deleted) == (Mode.FEED, 1, 1)
    states = {s.target: s for s in current_states(lake.project)[0]}
    assert set(states) == {BRONZE, SILVER_TABLE}
    assert states[BRONZE].last is not None
    assert states[BRONZE].last.context.job == LOAD


def test_content_of_deleted_rows_goes_when_its_time_is_over_and_a_row_that_returns_is_loaded_anew(lake: Lake) -> None:
    put(lake, "thing", snapshot(range(10)))
    both(lake)
    put(lake, "thing", snapshot(range(9)))
    both(lake)
    before, silver = rows_of(lake, BRONZE), rows_of(lake, SILVER_TABLE)
    assert before[9]["note"] == "note 9"
    assert maintain(lake, later(29))[BRONZE].counts.updated == 0
    assert rows_of(lake, BRONZE) == before

    found = maintain(lake, later(31))[BRONZE]
    assert found.counts == RowCounts(updated=1)
    assert any("payload of 1 row(s) deleted more than 30d ago" in note for note in found.notes)
    after = rows_of(lake, BRONZE)
    assert after[9] == {**before[9], "note": None, "secret": None, "n": None}
    assert {i: after[i] for i in range(9)} == {i: before[i] for i in range(9)}
    live = lake.project.table(BRONZE).inputFiles()
    assert [v for f in live for i, v in parquet_values_of(f) if i == 9 and v is not None] == []
    assert maintain(lake, later(31))[BRONZE].status is Status.UNCHANGED

    assert load(lake)["thing"].status is Status.UNCHANGED  # neither changed nor back
    assert load(lake, SILVER)["thing"].counts.changed == 0
    assert rows_of(lake, SILVER_TABLE) == silver

    # nothing reads the feed any more behind here: old files go, and the content with them
    maintain(lake, keep_history=NOTHING)
    load(lake, SILVER)
    maintain(lake, keep_history=NOTHING)
    folder = lake.warehouse / "local_bronze/platformdb/thing"
    assert [v for i, v in parquet_values(folder, "note") if i == 9 and v is not None] == []

    put(lake, "thing", snapshot(range(10)))
    assert load(lake)["thing"].counts.returned == 1
    back = rows_of(lake, BRONZE)[9]
    assert (back["note"], back["n"], back["_deleted_at"]) == ("note 9", 9, None)
    assert {r["id"]: r["secret"] for r in lake.decrypted("thing").collect()}[9] == "secret 9"
    assert load(lake, SILVER)["thing"].counts.inserted == 1
    assert rows_of(lake, SILVER_TABLE)[9]["note"] == "note 9"


def parquet_values_of(file: str) -> list[tuple[Any, Any]]:
    """(`id`, `note`) of every row in one file, hidden ones included."""
    import pyarrow.parquet as pq

    table = pq.read_table(file.removeprefix("file:"), columns=["id", "note"], partitioning=None)
    return list(zip(table["id"].to_pylist(), table["note"].to_pylist(), strict=True))


def test_vacuum_waits_for_a_silver_that_is_behind_and_is_done_when_it_has_read(lake: Lake) -> None:
    put(lake, "thing", snapshot(range(10)))
    both(lake)
    for n in (1, 2):
        put(lake, "thing", snapshot(range(10), n=n))
        load(lake)
    maintain(lake, keep_history=NOTHING)  # sets the property, finds removable files only from then on
    found = maintain(lake, keep_history=NOTHING)[BRONZE]
    assert [n for n in found.notes if n.startswith("vacuum postponed")] == [
        f"vacuum postponed: {SILVER_TABLE} has read version 0 of 2"
    ]
    maintain(lake)  # the usual history again: beyond it Delta itself reads no feed
    silver = load(lake, SILVER)["thing"]
    assert (silver.mode, silver.counts.updated) == (Mode.FEED, 9), silver.notes  # the feed was all there

    maintain(lake, keep_history=NOTHING)
    found = maintain(lake, keep_history=NOTHING)[BRONZE]
    assert any("older than" in note and note.endswith("removed") for note in found.notes)
    assert not any("postponed" in note for note in found.notes)
    maintain(lake)
    put(lake, "thing", snapshot(range(11), n=2))
    load(lake)
    silver = load(lake, SILVER)["thing"]
    assert (silver.mode, silver.counts.changed) == (Mode.FEED, 1), silver.notes
    assert {r["n"] for r in rows_of(lake, SILVER_TABLE).values()} == {2}


def test_killed_between_two_steps_upkeep_is_settled_and_finished_by_the_next(lake: Lake) -> None:
    put(lake, "thing", snapshot(range(10)))
    both(lake)
    put(lake, "thing", snapshot(range(9)))
    both(lake)
    backdate_deletions(lake, 40)
    expected = rows_of(lake, BRONZE)
    die_at(lake.root, UPKEEP, "upkeep-step")
    maintain(lake)
    assert set(plan_modes(lake).values()) == {Mode.SKIP}
    assert rows_of(lake, BRONZE) == {**expected, 9: {**expected[9], "note": None, "secret": None, "n": None}}
    states = {e.result.status for e in lake.project.ledger() if e.context.job == UPKEEP and e.result.target == BRONZE}
    assert Status.ABANDONED in states
    put(lake, "thing", snapshot(range(9)))
    assert load(lake)["thing"].status is Status.UNCHANGED
    assert load(lake, SILVER)["thing"].counts.changed == 0
