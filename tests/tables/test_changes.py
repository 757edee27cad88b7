"""Changes carried from one table into another, held against a plain-Python model after every step.

`Bronze` writes its versions as a load would: updates, soft deletes, returns and rotations by MERGE, one commit each.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from havenlake.names import TableName, quoted
from havenlake.records import Mode, RowCounts
from havenlake.tables import ChangeLoad, merge_staged
from havenlake.tables.merge import OP
from tests.tables.conftest import TARGET, files_below, rows_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from havenlake.tables import ChangeDiff, DeltaStore

BRONZE = TableName("lake", "platformdb", "source")
IDENTITY = ("Tag.Name", "day")
DAY = date(2024, 2, 29)
AT = datetime(2026, 1, 31, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("Tag.Name", pa.string()),
        ("day", pa.date32()),
        ("text", pa.string()),
        ("ciphertext", pa.binary()),
        ("_row_hash", pa.binary()),
        ("_deleted_at", pa.timestamp("us", "UTC")),
        (OP, pa.string()),
    ]
)
KEPT = "kept"
"""A text that stays as it is while its ciphertext is written anew."""


@dataclass
class Bronze:
    """A source table and what is live in it."""

    store: DeltaStore
    live: dict[str, str] = field(default_factory=dict)
    version: int = -1
    _nonce: int = 0

    def commit(self, changes: dict[str, str | None], *, hard: bool = False, rotate: tuple[str, ...] = ()) -> None:
        """One version: texts to write, None to delete softly (or, `hard`, for good), keys to encrypt anew."""
        deleted = [k for k, text in changes.items() if text is None]
        written = {k: text for k, text in changes.items() if text is not None} | {k: self.live[k] for k in rotate}
        before, self.live = self.live, {k: v for k, v in (self.live | written).items() if k not in deleted}
        rows = [self._row(k, text, None) for k, text in written.items()]
        rows += [self._row(k, before[k], None if hard else AT) for k in deleted]
        rows = [row | {OP: "D" if hard and row["Tag.Name"] in deleted else "U"} for row in rows]
        frame = self.store.spark.createDataFrame(pa.Table.from_pylist(rows, schema=SCHEMA))
        if self.version < 0:
            self.store.create(BRONZE, frame.drop(OP), IDENTITY, ("_deleted_at",))
        else:
            merge_staged(self.store, BRONZE, frame, identity=IDENTITY, on_delete="delete")
        self.version += 1
        assert self.store.version(BRONZE) == self.version

    def _row(self, key: str, text: str, deleted: datetime | None) -> dict[str, Any]:
        self._nonce += 1
        cipher, digest = f"{text}/{self._nonce}".encode(), text.encode()
        values = (key, DAY, text, cipher, digest, deleted)
        return dict(zip(SCHEMA.names, values, strict=False))


@dataclass
class Silver:
    """The target, how far it has seen the source, and which run wrote each row last."""

    bronze: Bronze
    folder: Path
    seen: int | None = None
    runs: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    contract: str = "c1"
    step: int = 0

    @property
    def store(self) -> DeltaStore:
        return self.bronze.store

    def load(self) -> ChangeLoad:
        contract, run = self.contract, f"run-{self.step}"

        def payload(rows: DataFrame) -> DataFrame:
            text = F.upper("text") if contract == "c2" else F.col("text")
            stamps = [F.lit(contract).alias("_contract"), F.lit(AT).alias("_loaded_at"), F.lit(run).alias("_run_id")]
            columns = [F.col(quoted(c)) for c in IDENTITY]
            return rows.select(*columns, text.alias("text"), "ciphertext", "_row_hash", *stamps)

        metrics = {"texts": F.count("text")}
        return ChangeLoad(
            self.store, BRONZE, TARGET, IDENTITY, contract, payload, self.bronze.version, self.seen, metrics
        )

    def advance(self, mode: Mode, *, planned: bool = False) -> ChangeDiff:
        """Bring the target up to date, and see that the rows on disk and the counts are those of the model."""
        load, live = self.load(), self.bronze.live
        rewritten = mode in (Mode.FIRST_LOAD, Mode.REBUILD)
        written = {k for k, text in live.items() if rewritten or self.texts.get(k) != f"{self.contract}:{text}"}
        new, gone = written - set(self.texts), set(self.texts) - set(live)
        before = files_below(self.folder)
        plan = load.measure(mode, None) if planned else None
        assert files_below(self.folder) == before, "measuring without staging wrote something"
        diff = load.measure(mode, str(self.folder / "staging"))
        assert plan is None or (plan.counts, plan.mode, plan.notes) == (diff.counts, diff.mode, diff.notes)
        counts = (diff.counts.inserted, diff.counts.updated, diff.counts.deleted)
        assert counts == ((len(live), 0, 0) if rewritten else (len(new), len(written - new), len(gone)))
        if rewritten or any(counts):
            seen = load.write(diff, str(self.folder / "staging"))
            assert (seen["rows"] or 0, seen["texts"] or 0) == (len(written), len(written))
        self.texts = {k: f"{self.contract}:{text}" for k, text in live.items()}
        self.runs = {k: f"run-{self.step}" if k in written else self.runs[k] for k in live}
        self.seen, self.step = self.bronze.version, self.step + 1
        self.check()
        return diff

    def check(self) -> None:
        """The rows on disk are the live ones of the source, each stamped by the run that wrote it last."""
        rows = rows_of(self.store)
        texts = {k: v.upper() if self.contract == "c2" else v for k, v in self.bronze.live.items()}
        assert {r["Tag.Name"]: r["text"] for r in rows} == texts
        assert {r["Tag.Name"]: r["_run_id"] for r in rows} == self.runs
        assert len(rows) == len(texts), "an identity stands twice"


@pytest.fixture
def silver(store: DeltaStore, tmp_path: Path) -> Silver:
    bronze = Bronze(store)
    bronze.commit({**dict.fromkeys("abdef", "first"), "kept": KEPT})
    done = Silver(bronze, tmp_path)
    done.advance(Mode.FIRST_LOAD)
    return done


@pytest.mark.engines
def test_changes_follow_the_model(silver: Silver, monkeypatch: pytest.MonkeyPatch) -> None:
    bronze = silver.bronze
    bronze.commit({"a": "changed", "b": None, "c": "new", "e": "changed", "g": "passing"}, rotate=("kept",))
    bronze.commit({"a": "first", "b": "returned", "d": None, "e": None, "g": None})  # a is again what silver has
    bronze.commit({"f": None, "e": "returned too"}, hard=True)
    monkeypatch.setattr("havenlake.tables.changes.BROADCAST_KEYS", 0)
    diff = silver.advance(Mode.FEED, planned=True)
    assert (diff.mode, diff.notes) == (Mode.FEED, ())
    assert diff.counts == RowCounts(read=8, inserted=1, updated=2, deleted=2, unchanged=3)
    assert silver.runs["a"] == silver.runs["kept"] == "run-0"

    version = silver.store.version(TARGET)
    bronze.commit({}, rotate=tuple(bronze.live))
    diff = silver.advance(Mode.FEED)
    assert (diff.mode, diff.counts) == (Mode.FEED, RowCounts(read=5, unchanged=5))
    assert silver.store.version(TARGET) == version, "a rotation floods silver"

    bronze.commit({"a": "again", "h": "new", "c": None})
    silver.advance(Mode.FULL_COMPARE)
    _equals_a_rebuild(silver)


def _equals_a_rebuild(silver: Silver) -> None:
    def shown() -> list[dict[str, Any]]:
        rows = [{k: v for k, v in r.items() if not k.startswith("_")} for r in rows_of(silver.store)]
        return sorted(rows, key=lambda r: r["Tag.Name"])

    def schema() -> dict[str, str]:
        return {f.name: f.dataType.simpleString() for f in silver.store.read(TARGET).schema.fields}

    incremental, types = shown(), schema()
    silver.advance(Mode.REBUILD)
    # a rotated row keeps the ciphertext silver took over; it opens to the same text
    assert [r | {"ciphertext": None} for r in shown()] == [r | {"ciphertext": None} for r in incremental]
    assert schema() == types


@pytest.mark.parametrize("how", ["removed", "expired", pytest.param("vacuumed", marks=pytest.mark.soak)])
def test_an_unreadable_feed_falls_back_to_a_full_compare_and_says_so(how: str, silver: Silver) -> None:
    silver.bronze.commit({"a": "changed", "b": None}, rotate=("kept",))
    if how == "removed":
        location = silver.store.storage.table_location(BRONZE)
        assert location
        shutil.rmtree(Path(location) / "_change_data")
    elif how == "expired":
        _forget_log(silver.store)
    else:
        silver.store.spark.sql(f"VACUUM {silver.store.ref(BRONZE)} RETAIN 0 HOURS").collect()
    silver.bronze.version = silver.store.version(BRONZE) or 0
    diff = silver.advance(Mode.FEED, planned=True)
    assert diff.mode is Mode.FULL_COMPARE
    assert diff.counts == RowCounts(read=6, updated=1, deleted=1, unchanged=4)
    assert len(diff.notes) == 1
    assert "change feed since version 0 could not be read" in diff.notes[0]
    assert diff.notes[0].endswith(": compared in full")


def _forget_log(store: DeltaStore) -> None:
    """What Delta does to a log after its retention: only a checkpoint and what follows it is left."""
    store.spark.sql(f"ALTER TABLE {store.ref(BRONZE)} SET TBLPROPERTIES ('delta.checkpointInterval' = '1')").collect()
    log = Path(store.storage.table_location(BRONZE) or "") / "_delta_log"
    assert (log / f"{2:020}.checkpoint.parquet").exists()
    for version in range(2):
        (log / f"{version:020}.json").unlink()


def test_a_new_contract_writes_every_row_again(silver: Silver) -> None:
    silver.contract = "c2"
    assert silver.advance(Mode.FULL_COMPARE).counts == RowCounts(read=6, updated=6)
    silver.contract = "c1"
    assert silver.advance(Mode.REBUILD).counts == RowCounts(read=6, inserted=6)
    assert silver.advance(Mode.FULL_COMPARE).counts == RowCounts(read=6, unchanged=6)


def test_a_feed_from_the_very_start_and_one_of_deletions_alone(silver: Silver) -> None:
    silver.seen = None
    assert silver.advance(Mode.FEED).counts == RowCounts(read=6, unchanged=6)
    silver.bronze.commit({"a": None, "b": None})
    assert silver.advance(Mode.FEED).counts == RowCounts(read=2, deleted=2)


def test_a_broken_target_stays_an_error(silver: Silver) -> None:
    silver.bronze.commit({"a": "changed"})
    load = replace(silver.load(), target=TableName("lake", "platformdb", "nowhere"))
    with pytest.raises(Exception, match="nowhere"):
        load.measure(Mode.FEED, None)
