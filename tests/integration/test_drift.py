"""Sources whose columns change between two loads, one table for each way: what is taken, what is held, what stops,
what stays untouched, and what the ledger knows of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from crashes import die_at
from projects import LOAD, SILVER, Lake, by_id
from things import both, load, put, rows_of, things

from havenlake.config.drift import DriftKind
from havenlake.records import Mode, Status, TableResult
from havenlake.reports.drift import DriftEvent

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BEFORE = {
    "id": pa.int32(),
    "n": pa.int32(),
    "f": pa.float32(),
    "d": pa.decimal128(9, 2),
    "day": pa.date32(),
    "secret": pa.int32(),
    "score": pa.int16(),
    "gone": pa.string(),
}
DECLARED = {"identity": ["id"], "encrypted": ["secret"], "columns": {"score": "encrypt"}}
POLICIES = {"held": "hold", "frozen": "freeze"}
TABLES = ("wide", "held", "frozen", "narrowed", "dated", "nameless", "renamed", "sealed")
STOPPED = {
    "frozen": "HL-TBL-008",
    "narrowed": "HL-TBL-003",
    "dated": "HL-TBL-003",
    "nameless": "HL-TBL-001",
    "sealed": "HL-TBL-008",
}
BIG = 2**40


def row(i: int) -> dict[str, Any]:
    return {
        "id": i,
        "n": i * 7,
        "f": i + 0.1,
        "d": Decimal(i) / 4,
        "day": date(2024, 2, 29),
        "secret": -i,
        "score": i,
        "gone": f"text {i}",
    }


def snapshot(types: dict[str, pa.DataType], rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))


FIRST = snapshot(BEFORE, [row(i) for i in range(6)])
CHANGED = [row(0), {**row(1), "n": -1}, *(row(i) for i in range(2, 6))]


def _wide() -> pa.Table:
    wider = {
        "id": pa.int64(),
        "n": pa.int64(),
        "f": pa.float64(),
        "d": pa.decimal128(15, 2),
        "secret": pa.int64(),
        "score": pa.int32(),
    }
    unchanged = [{**r, "f": FIRST["f"][r["id"]].as_py()} for r in CHANGED]  # a float read as a double
    new = {**row(6), "id": BIG, "n": BIG, "f": 0.1, "d": Decimal("9999999999999.99"), "secret": BIG, "score": 2**20}
    return snapshot({**BEFORE, **wider, "note": pa.string(), "extra": pa.float64()}, [*unchanged, new])


def _typed(column: str, kind: pa.DataType, value: Any = None) -> pa.Table:
    rows = [{**r, column: r[column] if value is None else value} for r in CHANGED]
    return snapshot({**BEFORE, column: kind}, rows)


def _renamed(old: str, new: str) -> pa.Table:
    changed = snapshot(BEFORE, CHANGED)
    return changed.rename_columns([new if c == old else c for c in changed.column_names])


def _with_note() -> pa.Table:
    return snapshot({**BEFORE, "note": pa.string()}, [{**r, "note": "new"} for r in CHANGED])


SECOND = {
    "wide": _wide,
    "held": _with_note,
    "frozen": _with_note,
    "narrowed": lambda: _typed("n", pa.int16()),
    "dated": lambda: _typed("day", pa.timestamp("us", tz="UTC"), datetime(2024, 2, 29)),  # noqa: DTZ001  Arrow's zone counts
    "nameless": lambda: _renamed("id", "number"),
    "renamed": lambda: _renamed("gone", "gone_text"),
    "sealed": lambda: _renamed("secret", "secret_number"),
}


class Story:
    """A first load, then the drifted sources: planned, loaded, loaded again."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        for table in TABLES:
            put(lake, table, FIRST)
        both(lake)
        self.before = lake.versions("bronze")
        self.rows_before = {t: rows_of(lake, f"local_bronze.platformdb.{t}") for t in TABLES}
        for table in TABLES:
            put(lake, table, SECOND[table]())
        self.plans = {p.table: p for p in lake.project.plan(LOAD)}
        self.results = load(lake)
        self.silver = load(lake, SILVER)
        self.after = lake.versions("bronze")
        self.again = load(lake)
        self.drift = lake.project.drift()

    def of(self, table: str) -> dict[str, DriftEvent]:
        return {e.change.column: e for e in self.drift if e.table == table}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Story:
    assets = {t: {**DECLARED, "drift": POLICIES.get(t, "evolve")} for t in TABLES}
    return Story(things(tmp_path_factory.mktemp("lake"), spark, assets))


def test_the_bad_stop_with_their_codes_and_the_others_go_on(story: Story) -> None:
    for results in (story.results, story.again):
        codes = {t: r.error.code for t, r in results.items() if r.error}
        assert codes == STOPPED
    refused = {t for t, r in story.results.items() if r.status is Status.REFUSED}
    assert refused == {"frozen", "sealed"}


def test_what_stops_a_table_touches_nothing(story: Story) -> None:
    for table in STOPPED:
        assert story.after[table] == story.before[table], table
        assert rows_of(story.lake, f"local_bronze.platformdb.{table}") == story.rows_before[table]


def test_widening_changes_no_hash_so_only_changed_rows_are_written(story: Story) -> None:
    result = story.results["wide"]
    assert (result.counts.updated, result.counts.inserted, result.counts.unchanged) == (1, 1, 5)
    rows = rows_of(story.lake, "local_bronze.platformdb.wide")
    for i in (0, 2, 3, 4, 5):
        assert rows[i]["_row_hash"] == story.rows_before["wide"][i]["_row_hash"]
        assert rows[i]["_run_id"] == story.rows_before["wide"][i]["_run_id"]
    assert story.again["wide"].status is Status.UNCHANGED


def test_the_table_is_as_wide_as_the_source_and_every_value_opens(story: Story) -> None:
    types = dict(story.lake.bronze("wide").dtypes)
    assert {c: types[c] for c in ("id", "n", "f", "d", "extra")} == {
        "id": "bigint",
        "n": "bigint",
        "f": "double",
        "d": "decimal(15,2)",
        "extra": "double",
    }
    source = _wide()
    opened = story.lake.decrypted("wide").select(*source.column_names).toArrow().cast(source.schema)
    assert by_id(opened) == by_id(source)


def test_silver_follows_without_being_written_anew(story: Story) -> None:
    result = story.silver["wide"]
    assert result.mode in (Mode.FEED, Mode.FULL_COMPARE)
    assert (result.counts.inserted, result.counts.updated, result.counts.deleted) == (1, 1, 0)
    rows = rows_of(story.lake, "local_silver.platformdb.wide")
    assert {i: r["n"] for i, r in rows.items()} == {0: 0, 1: -1, 2: 14, 3: 21, 4: 28, 5: 35, BIG: BIG}
    assert rows[BIG]["d"] == Decimal("9999999999999.99")
    assert "note" not in rows[BIG]  # held back until classified


def test_silvers_ciphertext_opens_under_the_wider_type(story: Story) -> None:
    from havenlake.privacy import Binding
    from havenlake.transforms import decrypt_columns

    binding = Binding("platformdb.wide", ["id"], "local")
    opened = story.lake.silver("wide").transform(decrypt_columns(["secret", "score"], story.lake.keyring, binding))
    found = {r["id"]: (r["secret"], r["score"]) for r in opened.select("id", "secret", "score").collect()}
    assert found == {**{i: (-i, i) for i in range(6)}, BIG: (BIG, 2**20)}


def test_hold_loads_the_rows_and_leaves_the_column(story: Story) -> None:
    result = story.results["held"]
    assert (result.status, result.counts.updated) == (Status.SUCCEEDED, 1)
    assert "note" not in story.lake.bronze("held").columns
    assert story.again["held"].status is Status.UNCHANGED
    assert any("not taken until classified" in note for note in story.again["held"].notes)


def test_a_renamed_column_is_taken_sealed_and_the_old_one_kept(story: Story) -> None:
    rows = story.lake.decrypted("renamed").select("id", "gone", "gone_text").collect()
    assert {r["id"]: (r["gone"], r["gone_text"]) for r in rows} == {i: (None, f"text {i}") for i in range(6)}
    assert any("likely renamed gone → gone_text" in note for note in story.results["renamed"].notes)


def test_the_plan_showed_what_came(story: Story) -> None:
    changes = story.plans["wide"].schema_changes
    assert "+ note string" in changes
    assert "~ secret int → bigint (widened)" in changes
    assert story.plans["held"].schema_changes == ("+ note string (not taken: drift is hold)",)
    assert {t: p.error.code for t, p in story.plans.items() if p.error} == STOPPED


def test_the_ledger_knows_every_drift_and_since_when(story: Story) -> None:
    wide = {c: e.change.kind for c, e in story.of("wide").items()}
    widened = dict.fromkeys(("id", "n", "f", "d", "secret", "score"), DriftKind.WIDENED)
    assert wide == {**widened, "note": DriftKind.ADDED, "extra": DriftKind.ADDED}
    kinds = {t: {c: e.change.kind for c, e in story.of(t).items()} for t in TABLES if t != "wide"}
    assert kinds == {
        "held": {"note": DriftKind.ADDED},
        "frozen": {"note": DriftKind.ADDED},
        "narrowed": {"n": DriftKind.NARROWED},
        "dated": {"day": DriftKind.CHANGED},
        "nameless": {"number": DriftKind.RENAMED},
        "renamed": {"gone_text": DriftKind.RENAMED},
        "sealed": {"secret_number": DriftKind.RENAMED},
    }
    for event in story.drift:
        assert (event.loaded_at is None) == (event.table in STOPPED)
        assert event.first_seen == _finished(story.results[event.table])


def _finished(result: TableResult) -> datetime | None:
    return result.finished_at


def test_a_plan_says_since_when_a_held_column_waits(story: Story) -> None:
    planned = {p.table: p for p in story.lake.project.plan(LOAD, tables=["held"])}
    seen = _finished(story.results["held"])
    assert planned["held"].schema_changes == (
        f"+ note string (not taken: drift is hold), first seen {seen:%Y-%m-%d %H:%M} UTC",
    )


def test_types_that_widen_without_a_new_column_widen_the_table(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession
) -> None:
    """A small table, which is written anew when only its rows change."""
    lake = things(tmp_path_factory.mktemp("lake"), spark, {"wide": DECLARED})
    put(lake, "wide", FIRST)
    both(lake)
    source = _wide().drop_columns(["note", "extra"])
    put(lake, "wide", source)
    counts = load(lake)["wide"].counts
    assert (counts.updated, counts.inserted, counts.unchanged) == (1, 1, 5)
    opened = lake.decrypted("wide").select(*source.column_names).toArrow().cast(source.schema)
    assert by_id(opened) == by_id(source)
    assert dict(lake.bronze("wide").dtypes)["n"] == "bigint"


@pytest.mark.parametrize("point", ["column-relabelled", pytest.param("column-widened", marks=pytest.mark.soak)])
def test_widening_killed_half_way_is_finished_by_the_next_run(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, point: str
) -> None:
    lake = things(tmp_path_factory.mktemp("lake"), spark, {"wide": DECLARED})
    put(lake, "wide", FIRST)
    both(lake)
    put(lake, "wide", _wide())
    die_at(lake.root, LOAD, point)
    counts = load(lake)["wide"].counts
    assert (counts.updated, counts.inserted, counts.unchanged) == (1, 1, 5)
    source = _wide()
    opened = lake.decrypted("wide").select(*source.column_names).toArrow().cast(source.schema)
    assert by_id(opened) == by_id(source)
    outcomes = [e.result.status for e in lake.project.ledger() if e.context.layer == "bronze"]
    assert outcomes[-2:] == [Status.ABANDONED, Status.SUCCEEDED]
    assert load(lake, SILVER)["wide"].counts.changed == 2
