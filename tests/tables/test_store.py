"""Delta tables by name: versions, history, statistics, added columns, and names Delta cannot store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType

from havenlake.errors import HavenlakeError
from havenlake.tables.merge import OP
from havenlake.tables.snapshot import merge_staged
from tests.tables.conftest import TARGET, rows_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from havenlake.tables import DeltaStore

SECRET = "in clear"


def _log(store: DeltaStore) -> list[dict[str, Any]]:
    """Every action of the table's log."""
    folder = Path(store.storage.table_location(TARGET) or "") / "_delta_log"
    return [json.loads(line) for f in sorted(folder.glob("*.json")) for line in f.read_text().splitlines()]


def _rows(store: DeltaStore, first: int, last: int) -> DataFrame:
    columns = [
        F.col("id").alias("key.id"),
        F.lit(SECRET).alias("text"),
        F.struct(F.lit(SECRET).alias("inner")).alias("nested"),
        F.lit(1).alias("it's"),
    ]
    return store.spark.range(first, last).select(*columns)


def test_versions_and_history(store: DeltaStore) -> None:
    assert (store.exists(TARGET), store.version(TARGET)) == (False, None)
    store.create(TARGET, _rows(store, 0, 2), ["key.id"], ())
    assert (store.exists(TARGET), store.version(TARGET)) == (True, 0)
    with pytest.raises(Exception, match=r"(?i)exists"):
        store.create(TARGET, _rows(store, 0, 2), ["key.id"], ())
    store.append(TARGET, _rows(store, 2, 5))
    store.add_columns(TARGET, [StructField("new", LongType())])
    store.spark.sql(f"OPTIMIZE {store.ref(TARGET)}").collect()
    store.replace(TARGET, store.spark.range(7).toDF("key.id"), ["key.id"], ())
    assert store.version(TARGET) == 4
    assert [(c.version, c.wrote_rows) for c in store.history(TARGET)] == [
        (4, True),
        (3, False),
        (2, False),
        (1, True),
        (0, True),
    ]
    assert [c.version for c in store.history(TARGET, limit=1)] == [4]
    assert [len(rows_of(store, version=v)) for v in range(5)] == [2, 5, 5, 5, 7]
    assert [f.name for f in store.read(TARGET).schema.fields] == ["key.id"]


def test_statistics_hold_the_identity_and_nothing_else(store: DeltaStore) -> None:
    store.create(TARGET, _rows(store, 0, 9), ["key.id"], ())
    staged = _rows(store, 8, 12).select("*", F.lit("later").alias("added"), F.lit("U").alias(OP))
    merge_staged(store, TARGET, staged, identity=("key.id",), on_delete="delete")
    store.append(TARGET, _rows(store, 12, 14))
    statistics = [json.loads(a["add"]["stats"]) for a in _log(store) if "add" in a]
    assert len(statistics) >= 3
    assert all(s["numRecords"] for s in statistics)
    assert {name for s in statistics for kind in ("minValues", "maxValues") for name in s.get(kind, {})} == {"key.id"}
    assert SECRET not in json.dumps(_log(store))


def test_without_an_identity_that_statistics_can_hold_there_are_none(store: DeltaStore) -> None:
    frame = store.spark.range(3).select(F.encode(F.col("id").cast("string"), "utf-8").alias("key"), F.lit(SECRET))
    store.create(TARGET, frame.toDF("key", "text"), ["key"], ())
    statistics = [json.loads(a["add"]["stats"]) for a in _log(store) if "add" in a]
    assert statistics
    assert not any(s.get("minValues") or s.get("maxValues") for s in statistics)


def test_added_columns_keep_the_metadata_of_all(store: DeltaStore) -> None:
    rows = _rows(store, 0, 2)
    store.create(TARGET, rows.withMetadata("text", {"was": "string"}), ["key.id"], ("text",))
    fields = [StructField("new.one", StringType(), metadata={"was": "date"}), StructField("ñ", LongType())]
    store.add_columns(TARGET, fields)
    schema = store.read(TARGET).schema
    assert {f.name: f.metadata for f in schema.fields if f.metadata} == {
        "text": {"was": "string"},
        "new.one": {"was": "date"},
    }
    assert schema.fieldNames()[-2:] == ["new.one", "ñ"]
    assert {(r["text"], r["new.one"], r["ñ"]) for r in rows_of(store)} == {(SECRET, None, None)}
    feed = store.changes(TARGET, 0, 1).groupBy("_commit_version", "_change_type").count().collect()
    assert [tuple(r) for r in feed] == [(0, "insert", 2)]


def test_replacing_may_drop_the_columns_that_had_statistics(store: DeltaStore) -> None:
    """A contract may choose another identity."""
    store.create(TARGET, _rows(store, 0, 3), ["key.id"], ())
    for other in ("it's", "ñ.ñ"):
        frame = store.spark.range(2).select(F.col("id").alias(other), F.lit(SECRET).alias("text"))
        store.replace(TARGET, frame, [other], ())
        store.append(TARGET, frame)
        assert sorted(r[other] for r in rows_of(store)) == [0, 0, 1, 1]
        newest = [json.loads(a["add"]["stats"]) for a in _log(store) if "add" in a][-1]
        assert set(newest["minValues"]) == {other}
    binary = store.spark.range(2).select(F.encode(F.lit("x"), "utf-8").alias("key"), F.lit(SECRET).alias("text"))
    store.replace(TARGET, binary, ["key"], ())
    assert SECRET not in json.dumps(_log(store))


@pytest.mark.parametrize("name", ["a b", "a,b", "a;b", "a{b", "a}b", "a(b", "a)b", "a\nb", "a\tb", "a=b", "a`b"])
def test_a_name_that_delta_cannot_store_is_refused(name: str, store: DeltaStore) -> None:
    with pytest.raises(HavenlakeError, match="HL-TBL-007") as caught:
        store.create(TARGET, store.spark.range(1).toDF(name), [], ())
    assert f"'{name}'" in caught.value.message
    assert (caught.value.where, caught.value.hint) == (str(TARGET), "rename the column in the export")
    assert not store.exists(TARGET)


@pytest.mark.parametrize("name", ["_change_type", "_Commit_Version", "_commit_timestamp"])
def test_a_name_that_the_change_feed_uses_is_refused(name: str, store: DeltaStore) -> None:
    with pytest.raises(HavenlakeError, match="HL-TBL-007"):
        store.append(TARGET, store.spark.range(1).toDF(name))
    assert not store.exists(TARGET)


def test_a_name_inside_a_struct_is_refused_too(store: DeltaStore) -> None:
    inner = StructType([StructField("fine", StructType([StructField("not fine", LongType())]))])
    schema = StructType([StructField("id", LongType()), StructField("outer", inner)])
    with pytest.raises(HavenlakeError, match="HL-TBL-007") as caught:
        store.create(TARGET, store.spark.createDataFrame([], schema), ["id"], ())
    assert "'outer.fine.not fine'" in caught.value.message


def _comments(store: DeltaStore) -> dict[str, Any]:
    return {field.name: field.metadata for field in store.read(TARGET).schema.fields}


def _description(store: DeltaStore) -> str | None:
    found: str | None = store.spark.sql(f"DESCRIBE DETAIL {store.ref(TARGET)}").first()["description"]
    return found


@pytest.mark.engines
def test_comments_come_with_the_first_commit_and_are_renewed_by_one_of_their_own(store: DeltaStore) -> None:
    rows = _rows(store, 0, 3)
    rows = rows.select(
        F.col("`key.id`").alias("key.id", metadata={"comment": "Names a row.", "havenlake.type": '"long"'}),
        F.col("text").alias("text", metadata={"comment": "Clear."}),
    )
    store.create(TARGET, rows, ["key.id"], (), "It's \\ the table")
    assert store.version(TARGET) == 0
    assert _description(store) == "It's \\ the table"
    assert _comments(store)["key.id"] == {"comment": "Names a row.", "havenlake.type": '"long"'}
    told = {"key.id": 'It\'s \\ the "key" `x` ${y} :z', "text": "é\n😀"}
    store.set_comments(TARGET, told)
    assert store.version(TARGET) == 1
    assert {name: found["comment"] for name, found in _comments(store).items()} == told
    assert _comments(store)["key.id"]["havenlake.type"] == '"long"'
    store.set_comments(TARGET, {}, "another")
    assert (_description(store), store.version(TARGET)) == ("another", 2)
    assert len(rows_of(store)) == 3
    assert [c.wrote_rows for c in store.history(TARGET)] == [False, False, True]
    assert store.changes(TARGET, 1, 2).count() == 0
