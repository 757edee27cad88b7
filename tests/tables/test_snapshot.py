"""Sequences of snapshots: after every step the table is read back and equals the plain-Python model."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.records import RowCounts
from havenlake.tables import SnapshotDiff, SnapshotLoad, shrink_guard
from havenlake.transforms import with_ingest_metadata
from tests.tables.conftest import TARGET, files_below, rows_of
from tests.tables.snapshots import (
    BASE,
    COMPOSITE,
    INTEGER,
    Key,
    Model,
    OnMissing,
    Shape,
    Source,
    Values,
    fingerprint,
    read_back,
    sealed,
    table_of,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from havenlake.tables import DeltaStore

START = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
WIDER = (*BASE, "später", "Second.Note")
NARROWER = tuple(c for c in WIDER if c not in {"größe.cm", "note"})


@dataclass(frozen=True)
class Step:
    """How one snapshot differs from the one before, and how it is loaded."""

    columns: tuple[str, ...] = BASE
    on_missing: OnMissing = "soft_delete"
    broadcast: int = 200_000
    again: bool = False
    """Load the same snapshot once more, which must do nothing; else measure it once more before."""


STEPS = (
    Step(again=True),
    Step(),
    Step(WIDER, "delete", broadcast=2),
    Step(NARROWER, "keep", again=True),
    Step(WIDER, broadcast=2),
)


class Table:
    """The table on disk and its model, brought forward side by side."""

    def __init__(self, store: DeltaStore, folder: Path, shape: Shape, rewrite_up_to: int = 0) -> None:
        self.store, self.folder, self.shape, self.rewrite_up_to = store, folder, shape, rewrite_up_to
        self.model = Model(shape)
        self.step = 0

    def load(self, rows: list[tuple[Key, Values]], columns: tuple[str, ...], on_missing: OnMissing) -> SnapshotLoad:
        path = self.folder / f"snapshot-{self.step}.parquet"
        pq.write_table(table_of(self.shape, columns, rows), path)
        return SnapshotLoad(
            store=self.store,
            target=TARGET,
            source=self.store.spark.read.parquet(str(path)),
            identity=self.shape.identity,
            hash_column="_row_hash",
            fingerprint=fingerprint,
            payload=sealed,
            stamp=with_ingest_metadata(f"run-{self.step}", path.name, START + timedelta(hours=self.step)),
            on_missing=on_missing,
            small=self.rewrite_up_to > 0,
            rewrite_up_to=self.rewrite_up_to,
        )

    def advance(self, rows: list[tuple[Key, Values]], step: Step, *, planned: bool = True) -> SnapshotDiff:
        """Load a snapshot into both and hold one against the other."""
        load = self.load(rows, step.columns, step.on_missing)
        counts = self.model.load(rows, f"run-{self.step}", START + timedelta(hours=self.step), step.on_missing)
        if planned and not step.again:
            self._measure_only(load, counts)
        staging = str(self.folder / f"staging-{self.step}")
        diff = load.measure(staging)
        assert (diff.counts, diff.live, diff.source_keys) == (counts, self.model.live, self.model.source_keys)
        load.write(diff, staging)
        assert read_back(self.shape, rows_of(self.store)) == self.model.expected()
        self.step += 1
        if step.again:
            done = replace(counts, inserted=0, updated=0, deleted=0, returned=0)
            same = counts.inserted + counts.updated + counts.returned + counts.unchanged
            again = self.load(rows, step.columns, step.on_missing)
            self._measure_only(again, replace(done, unchanged=same))
        return diff

    def _measure_only(self, load: SnapshotLoad, counts: RowCounts) -> None:
        before = files_below(self.folder)
        diff = load.measure(None)
        assert diff.counts == counts
        assert diff.changes_target == (diff.first or counts.changed > 0)
        assert files_below(self.folder) == before, "measuring without staging wrote something"


def _sequence(table: Table, steps: tuple[Step, ...], seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(table.shape, random.Random(seed))
    for step in steps:
        monkeypatch.setattr("havenlake.tables.snapshot.BROADCAST_KEYS", step.broadcast)
        source.change(step.columns)
        table.advance(source.rows(), step)


@pytest.mark.engines
@pytest.mark.parametrize(
    ("shape", "steps", "rewrite_up_to"),
    [(INTEGER, STEPS, 0), (COMPOSITE, STEPS[1:4], 0), (COMPOSITE, STEPS, 1_000)],
    ids=["integer", "composite", "written anew"],
)
def test_snapshots_follow_the_model(
    shape: Shape,
    steps: tuple[Step, ...],
    rewrite_up_to: int,
    store: DeltaStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table(store, tmp_path, shape, rewrite_up_to)
    _sequence(table, steps, 7, monkeypatch)
    assert store.version(TARGET) == len(steps) - 1 + 1, "one commit a step, and one that adds columns"
    types = {f.name: (f.dataType.simpleString(), f.metadata) for f in store.read(TARGET).schema.fields}
    assert types["note"] == ("binary", {"was": "string"})
    assert types["Second.Note"] == ("binary", {"was": "string"})


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 120))
@pytest.mark.parametrize("shape", [INTEGER, COMPOSITE], ids=["integer", "composite"])
def test_many_sequences_follow_the_model(
    shape: Shape, seed: int, store: DeltaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sequence(Table(store, tmp_path, shape), STEPS, seed, monkeypatch)


def test_the_range_of_changed_keys_hides_no_change(store: DeltaStore, tmp_path: Path) -> None:
    """Changes at either end of the integers, deletions alone and returns alone."""
    low, high = -(2**63), 2**63 - 1
    table = Table(store, tmp_path, INTEGER)
    rows: dict[int, str | None] = {low: "a", -1: "b", 0: "c", 7: "d", high: "e"}
    changes: tuple[dict[int, str | None], ...] = ({}, {-1: "B", -2: "new"}, {low: None}, {low: "back", high: "E"})
    ranges = []
    for change in changes:
        rows |= change
        present: list[tuple[Key, Values]] = [((k,), {"name": text}) for k, text in rows.items() if text is not None]
        diff = table.advance(present, Step(("name",)), planned=False)
        ranges.append((diff.key_range.low, diff.key_range.high) if diff.key_range else None)
    assert ranges == [None, (-2, -1), (low, low), (low, high)]


def test_a_first_load_of_many_duplicates_exchanges_only_prepared_rows(
    store: DeltaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("havenlake.tables.snapshot.BROADCAST_KEYS", 1)
    source = Source(COMPOSITE, random.Random(3))
    source.change(BASE)
    Table(store, tmp_path, COMPOSITE).advance(source.rows(), Step(), planned=False)


def test_a_column_that_changes_case_stays_one_column(store: DeltaStore, tmp_path: Path) -> None:
    table = Table(store, tmp_path, INTEGER)
    table.advance([((1,), {"name": "a"}), ((2,), {"name": "b"})], Step(("name",)), planned=False)
    path = tmp_path / "renamed.parquet"
    pq.write_table(pa.table({"id": [1, 2], "Name": ["A", "B"]}), path)
    load = replace(table.load([], (), "soft_delete"), source=store.spark.read.parquet(str(path)))
    load.write(load.measure(str(tmp_path / "staging")), str(tmp_path / "staging"))
    assert [(r["id"], r["name"]) for r in sorted(rows_of(store), key=lambda r: r["id"])] == [(1, "A"), (2, "B")]


def test_rows_without_a_checksum_are_updated_not_inserted(store: DeltaStore, tmp_path: Path) -> None:
    """`detect_changes_by: md5_checksum` on a table that was loaded before it had a checksum."""
    table = Table(store, tmp_path, INTEGER)
    rows: list[tuple[Key, Values]] = [((1,), {"name": "a"}), ((2,), {"name": "b"})]
    table.advance(rows, Step(("name",)), planned=False)

    def checksum(frame: DataFrame) -> DataFrame:
        return fingerprint(frame).withColumn("_checksum", F.unhex(F.md5("name")))

    load = replace(
        table.load([*rows, ((3,), {"name": "c"})], ("name",), "soft_delete"),
        hash_column="_checksum",
        fingerprint=checksum,
        payload=lambda frame: frame,
    )
    diff = load.measure(str(tmp_path / "staging"))
    assert (diff.live, diff.counts) == (2, RowCounts(read=3, inserted=1, updated=2))
    load.write(diff, str(tmp_path / "staging"))
    assert sorted((r["id"], r["_checksum"] is not None) for r in rows_of(store)) == [(1, True), (2, True), (3, True)]
    assert load.measure(None).counts == RowCounts(read=3, unchanged=3)


def test_what_refuses_before_the_commit_leaves_the_table_alone(store: DeltaStore, tmp_path: Path) -> None:
    def refuse() -> None:
        raise HavenlakeError("HL-SRC-004", "the source changed")

    def refused(text: str) -> None:
        load = replace(table.load([((1,), {"name": text})], ("name",), "soft_delete"), before_commit=refuse)
        diff = load.measure(str(tmp_path / "staging"))
        with pytest.raises(HavenlakeError, match="HL-SRC-004"):
            load.write(diff, str(tmp_path / "staging"))

    table = Table(store, tmp_path, INTEGER)
    refused("a")
    assert not store.exists(TARGET)
    table.advance([((1,), {"name": "a"})], Step(("name",)), planned=False)
    refused("b")
    assert store.version(TARGET) == 0


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (
            pa.array(["2026-01-31 23:59:59.123456", "garbage", None]),
            datetime(2026, 1, 31, 23, 59, 59, 123456, UTC),
        ),
        (pa.array([-1, None, -2], pa.timestamp("us", "UTC")), datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
        (pa.array([None, None, None], pa.timestamp("us", "UTC")), None),
        (pa.array([2**62, 0, None], pa.timestamp("us", "UTC")), None),
    ],
    ids=["text", "timestamp", "nothing", "beyond the calendar"],
)
def test_the_newest_event_is_read_from_what_can_be_read(
    column: pa.Array, wanted: datetime | None, store: DeltaStore, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"id": [1, 2, 3], "sent.at": column}), tmp_path / "events.parquet")
    load = replace(
        Table(store, tmp_path, INTEGER).load([], (), "soft_delete"),
        source=store.spark.read.parquet(str(tmp_path / "events.parquet")),
        event_time="sent.at",
    )
    assert load.measure(None).max_event_time == wanted


@pytest.mark.parametrize(
    ("source", "live", "allowed", "refused"),
    [(80, 100, False, False), (79, 100, False, True), (0, 0, False, True), (0, 100, True, False), (1, 0, False, False)],
)
def test_the_shrink_guard(source: int, live: int, allowed: bool, refused: bool) -> None:
    diff = SnapshotDiff(False, RowCounts(), live, source, 0, None, 0, 0, None, None)  # type: ignore[arg-type]
    if not refused:
        shrink_guard(diff, threshold=0.8, allowed=allowed)
        return
    with pytest.raises(HavenlakeError, match="HL-TBL-002") as caught:
        shrink_guard(diff, threshold=0.8, allowed=allowed)
    assert f"{source} identities, the table {live} live rows" in caught.value.message


@pytest.mark.engines
def test_snapshots_without_a_usable_row(store: DeltaStore, tmp_path: Path) -> None:
    """Empty, or all identities missing, before and after the table exists: Spark drops empty stages while it runs."""
    table = Table(store, tmp_path, COMPOSITE)
    nameless: list[tuple[Key, Values]] = [((None, None), {"name": "a"}), (COMPOSITE.nameless(), {"name": "b"})]
    step = Step(("name",), "keep")
    table.advance(nameless, step)
    assert table.load([], ("name",), "soft_delete").measure(None).counts == RowCounts()
    table.advance([(COMPOSITE.universe[0], {"name": "a"})], step, planned=False)
    table.advance(nameless, Step(("name",), "delete"))
    assert rows_of(store) == []
