"""Steps of upkeep on a table on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from havenlake.tables import upkeep
from havenlake.tables.upkeep import Census
from tests.tables.conftest import TARGET, rows_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from havenlake.tables import DeltaStore

SMALL = 1 << 20


def test_files_and_hidden_rows_are_counted_purged_and_compacted(spark: SparkSession, store: DeltaStore) -> None:
    for start in (0, 100, 200):
        rows = spark.createDataFrame(pa.table({"id": list(range(start, start + 100))})).coalesce(1)
        store.create(TARGET, rows, ["id"], []) if start == 0 else store.append(TARGET, rows)
    assert upkeep.census(store, TARGET, SMALL) == Census(files=3, small=3, rows=300, dead=0)
    assert upkeep.census(store, TARGET, 10).small == 0
    store.execute(f"DELETE FROM {store.ref(TARGET)} WHERE id < 30")
    kept = sorted(r["id"] for r in rows_of(store))

    hidden = upkeep.census(store, TARGET, SMALL)
    assert hidden == Census(files=3, small=3, rows=270, dead=30)
    assert hidden.dead_share == 0.1
    upkeep.purge(store, TARGET)
    assert upkeep.census(store, TARGET, SMALL).dead == 0
    upkeep.compact(store, TARGET)
    assert upkeep.census(store, TARGET, SMALL) == Census(files=1, small=1, rows=270, dead=0)
    assert sorted(r["id"] for r in rows_of(store)) == kept == list(range(30, 300))
    assert upkeep.removable(store, TARGET) == 0  # all of it is younger than a week

    store.set_properties(TARGET, {upkeep.KEEP_FILES: "interval 0 seconds"})
    assert upkeep.removable(store, TARGET) > 0
    upkeep.vacuum(store, TARGET)
    assert upkeep.removable(store, TARGET) == 0
    assert len(rows_of(store)) == 270


def test_a_table_without_deletion_vectors_is_counted_too(spark: SparkSession, store: DeltaStore) -> None:
    store.append(TARGET, spark.createDataFrame(pa.table({"id": [1, 2]})).coalesce(1))
    assert upkeep.census(store, TARGET, SMALL) == Census(files=1, small=1, rows=2, dead=0)
