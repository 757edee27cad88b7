"""Loads that need not compare everything: the same files, the same rows in new files, changes in a range of keys.

Ranges are cut as fine as the small tables here need, and no table counts as small enough to be written anew, so that
these few rows go the way of millions.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import LOAD, SILVER, Lake, by_id

from havenlake.records import Mode, RowCounts, RunRecord, Status
from havenlake.synthetic import PlatformDatabase, write_export

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=600, seed=3)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    lake = Lake.create(tmp_path_factory.mktemp("lake"), spark).only_tables("message").merging()
    write_export(DATABASE, lake.landing, 0)
    lake.project.run(LOAD)
    return lake


@pytest.fixture(scope="module", autouse=True)
def fine_ranges() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("havenlake.applications.full_load.SMALL_BYTES", 0)
        patch.setattr("havenlake.privacy.digests.LEAST_SHIFT", 5)
        yield


def _landed(lake: Lake) -> pa.Table:
    return pq.read_table(lake.landing / "message")


def _land(lake: Lake, rows: pa.Table) -> None:
    """New files, whatever they hold."""
    shutil.rmtree(lake.landing / "message")
    (lake.landing / "message").mkdir()
    pq.write_table(rows, lake.landing / "message" / "part-0.parquet")


def _load(lake: Lake) -> RunRecord:
    """Plan exactly, run, and hold bronze against the landing folder."""
    (plan,) = lake.project.plan(LOAD, exact=True)
    record = lake.project.run(LOAD)
    (result,) = record.tables
    assert (plan.mode, plan.counts) == (result.mode, result.counts)
    source = _landed(lake)
    bronze = lake.decrypted("message").select(*source.column_names).toArrow().cast(source.schema)
    assert by_id(bronze) == by_id(source)
    return record


def _edited(rows: pa.Table, ids: set[int], *, drop: set[int] = frozenset(), add: int = 0) -> pa.Table:  # type: ignore[assignment]
    kept = [r for r in rows.to_pylist() if r["id"] not in drop]
    for row in kept:
        if row["id"] in ids:
            row["status"] = f"edited {row['status']}"
    new = [{**kept[-1], "id": max(r["id"] for r in kept) + 1 + i} for i in range(add)]
    return pa.Table.from_pylist([*kept, *new], schema=rows.schema)


def test_the_same_files_are_not_read_again(lake: Lake) -> None:
    versions = lake.versions("bronze")
    (planned,) = lake.project.plan(LOAD)
    (result,) = lake.project.run(LOAD).tables
    assert (planned.mode, planned.unknown) == (Mode.SKIP, ())
    assert (result.status, result.mode, result.counts) == (Status.UNCHANGED, Mode.SKIP, RowCounts())
    assert lake.versions("bronze") == versions


def test_the_same_rows_in_new_files_are_told_by_their_digests(lake: Lake) -> None:
    versions, rows = lake.versions("bronze"), _landed(lake)
    _land(lake, rows.take(list(range(rows.num_rows))[::-1]))
    (result,) = _load(lake).tables
    assert (result.status, result.mode) == (Status.UNCHANGED, Mode.DIGEST)
    assert result.counts == RowCounts(read=rows.num_rows, unchanged=rows.num_rows)
    assert lake.versions("bronze") == versions
    assert lake.project.run(LOAD).tables[0].mode is Mode.SKIP


def test_changes_that_lie_together_are_looked_for_there_only(lake: Lake) -> None:
    rows = _landed(lake)
    ids = sorted(rows["id"].to_pylist())
    last = ids[-1]
    _land(lake, _edited(rows, {last, last - 3}, drop={last - 1}, add=5))
    (result,) = _load(lake).tables
    assert (result.status, result.mode) == (Status.SUCCEEDED, Mode.RANGE)
    wanted = RowCounts(read=len(ids) + 4, inserted=5, updated=2, deleted=1, unchanged=len(ids) - 3)
    assert result.counts == wanted
    _land(lake, rows)  # the deleted one returns, the new ones vanish
    (result,) = _load(lake).tables
    assert (result.mode, result.counts.returned, result.counts.deleted) == (Mode.RANGE, 1, 5)


def test_changes_all_over_are_compared_in_full(lake: Lake) -> None:
    rows = _landed(lake)
    ids = sorted(rows["id"].to_pylist())
    _land(lake, _edited(rows, {ids[0], ids[-1]}))
    (result,) = _load(lake).tables
    assert (result.mode, result.counts.updated) == (Mode.COMPARE, 2)


def test_what_was_done_to_bronze_by_hand_is_found(lake: Lake) -> None:
    """Digests tell about the source; they count only while bronze is as the load left it."""
    assert lake.spark is not None
    where = lake.warehouse / "local_bronze" / "platformdb" / "message"
    first = min(_landed(lake)["id"].to_pylist())
    lake.spark.sql(f"DELETE FROM delta.`{where}` WHERE id = {first}")
    (result,) = _load(lake).tables
    assert (result.status, result.mode, result.counts.inserted) == (Status.SUCCEEDED, Mode.COMPARE, 1)


def test_a_changed_contract_is_compared_in_full(lake: Lake) -> None:
    assert lake.project.run(LOAD).tables[0].mode is Mode.SKIP
    asset = "data-assets/local/local-platform-db.yaml"
    text = (lake.root / asset).read_text()
    lake.edit(asset, ("message:\n  identity: [id]\n", "message:\n  identity: [id]\n  on_missing: keep\n"))
    try:
        assert lake.project.run(LOAD).tables[0].mode is Mode.COMPARE
    finally:
        (lake.root / asset).write_text(text)
    assert lake.project.run(LOAD).tables[0].mode is Mode.COMPARE


def test_duplicates_and_missing_identities_are_told_in_every_load(lake: Lake) -> None:
    rows = _landed(lake)
    nameless = rows.slice(0, 1).set_column(0, "id", pa.array([None], rows.schema.field("id").type))
    assert rows.column_names[0] == "id"
    for odd, mode in ((rows.slice(0, 1), Mode.RANGE), (nameless, Mode.COMPARE)):
        _land(lake, pa.concat_tables([rows, odd]))
        first, second = (lake.project.run(LOAD).tables[0] for _ in range(2))
        assert (first.counts.duplicates + first.counts.quarantined, first.mode) == (1, mode)
        assert (second.counts, second.mode) == (first.counts, mode)
    _land(lake, rows)
    _load(lake)


def test_every_nth_load_compares_in_full(lake: Lake) -> None:
    jobs = "jobs-configuration/local/local-jobs-configs.yaml"
    text = (lake.root / jobs).read_text()
    lake.edit(jobs, ("          load_base_path", "          full_compare_every: 3\n          load_base_path"))
    rows, modes = _landed(lake), []
    try:
        for _ in range(6):
            _land(lake, rows)
            modes.append(_load(lake).tables[0].mode)
    finally:
        (lake.root / jobs).write_text(text)
    first = modes.index(Mode.COMPARE)
    assert modes[first : first + 4] == [Mode.COMPARE, Mode.DIGEST, Mode.DIGEST, Mode.COMPARE]


def test_a_table_that_outgrew_one_bucket_is_compared_once_and_cut_anew(lake: Lake) -> None:
    rows = _landed(lake)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("havenlake.applications.full_load.SMALL_BYTES", 2 << 20)
        shutil.rmtree(lake.warehouse / "local_bronze" / "platformdb" / "message")
        assert _load(lake).tables[0].mode is Mode.FIRST_LOAD
        _land(lake, rows)
        assert _load(lake).tables[0].mode is Mode.DIGEST
    modes = []
    for change in (set(), {max(rows["id"].to_pylist())}):
        _land(lake, _edited(rows, change))
        modes.append(_load(lake).tables[0].mode)
    assert modes == [Mode.COMPARE, Mode.RANGE]
    _land(lake, rows)
    _load(lake)


def test_silver_follows_all_of_it(lake: Lake) -> None:
    lake.project.run(SILVER)
    source = _landed(lake).select(["id", "conversation_id", "status", "timestamp"])
    assert by_id(lake.silver("message").select(*source.column_names).toArrow().cast(source.schema)) == by_id(source)
    _land(lake, _edited(_landed(lake), {source["id"].to_pylist()[-1]}))
    _load(lake)
    lake.project.run(SILVER)
    source = _landed(lake).select(source.column_names)
    assert by_id(lake.silver("message").select(*source.column_names).toArrow().cast(source.schema)) == by_id(source)


def test_small_tables_are_written_anew_with_the_same_outcome(tmp_path: Path, spark: SparkSession) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("havenlake.applications.full_load.SMALL_BYTES", 2 << 20)
        lake = Lake.create(tmp_path / "small", spark).only_tables("message")
        write_export(DATABASE, lake.landing, 0)
        assert _load(lake).tables[0].mode is Mode.FIRST_LOAD
        before = lake.bronze("message").where("_deleted_at IS NULL").select("id", "message", "_run_id").toArrow()
        for day in (1, 2):
            write_export(DATABASE, lake.landing, day)
            (result,) = _load(lake).tables
            said = DATABASE.changed_ids("message", day)
            assert (result.counts.inserted, result.counts.deleted) == (len(said.inserted), len(said.deleted))
            history = spark.sql(f"DESCRIBE HISTORY delta.`{lake.warehouse}/local_bronze/platformdb/message` LIMIT 1")
            assert history.collect()[0]["operation"] == "WRITE"
            marked = (
                lake.bronze("message").where("_deleted_at IS NOT NULL").select("id", "_run_id", "_source").toArrow()
            )
            if day == 1:
                assert sorted(marked["id"].to_pylist()) == sorted(int(i) for i in said.deleted)
                assert set(marked["_run_id"].to_pylist()) == {lake.project.ledger()[-1].context.run_id}
            lake.project.run(SILVER)
            wanted = _landed(lake).select(["id", "status"])
            assert by_id(lake.silver("message").select("id", "status").toArrow().cast(wanted.schema)) == by_id(wanted)
        now = by_id(lake.bronze("message").select("id", "message", "_run_id", "_deleted_at", "_source").toArrow())
        first_run = before["_run_id"][0].as_py()
        same = [r for r in before.to_pylist() if now[r["id"]]["_run_id"] == first_run]
        assert len(same) > before.num_rows / 2
        assert all(now[r["id"]]["message"] == r["message"] for r in same), "an unchanged row keeps its ciphertext"
        assert all(r["_source"] is not None for r in now.values())
