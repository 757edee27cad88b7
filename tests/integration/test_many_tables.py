"""As much as a platform may bring: two hundred tables of which one is bad, and a table of a thousand columns."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from projects import LOAD, SILVER, Lake, by_id

from havenlake.records import RowCounts, Status
from havenlake.runner import RunFailed

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.soak

ASSETS = "data-assets/local/local-platform-db.yaml"
RESERVED = (
    "select",
    "from",
    "order",
    "table",
    "user",
    "group",
    "null",
    "true",
    "timestamp",
    "Größe",
    "a.b",
    "it's",
    "$x",
)
COLUMNS = 1_000


def _lake(root: Path, spark: SparkSession, assets: dict[str, dict[str, Any]]) -> Lake:
    lake = Lake.create(root, spark).only_tables(*assets)
    (lake.root / ASSETS).write_text(yaml.safe_dump(assets))
    return lake


def _land(lake: Lake, table: str, rows: pa.Table) -> Path:
    file = lake.landing / table / "part-0.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, file)
    return file


def test_two_hundred_tables_of_which_one_is_bad(tmp_path: Path, spark: SparkSession) -> None:
    names = [f"table_{number:03d}" for number in range(200)]
    lake = _lake(tmp_path / "lake", spark, {name: {"identity": ["id"], "encrypted": ["note"]} for name in names})
    rows = pa.table({"id": [1, 2, 3], "note": ["a", None, ""]})
    files = {name: _land(lake, name, rows) for name in names}
    whole = files["table_117"].read_bytes()
    files["table_117"].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunFailed, match="1 of 200 tables did not load: table_117: HL-SRC-002") as caught:
        lake.project.run(LOAD)
    record = caught.value.record
    assert Counter(t.status for t in record.tables) == {Status.SUCCEEDED: 199, Status.FAILED: 1}
    files["table_117"].write_bytes(whole)
    resumed = lake.project.run(LOAD, resume=record.run_id)
    assert [(t.table, t.counts) for t in resumed.tables] == [("table_117", RowCounts(read=3, inserted=3))]
    assert lake.project.run(LOAD).status is Status.UNCHANGED
    for name in ("table_000", "table_117", "table_199"):
        assert by_id(lake.decrypted(name).select("id", "note").toArrow()) == by_id(rows)


def _wide(change: int = 0) -> pa.Table:
    kinds: list[Any] = [
        lambda row, n: row * n,
        lambda row, n: f"text {row} {n}",
        lambda row, n: row / (n + 1),
        lambda row, n: datetime(2026, 1, 1 + row, n % 24, tzinfo=UTC),
        lambda row, n: (row + n) % 2 == 0,
    ]
    names = [*RESERVED, *(f"c{n}" for n in range(COLUMNS - len(RESERVED)))]
    columns: dict[str, list[Any]] = {"id": list(range(20))}
    for n, name in enumerate(names):
        columns[name] = [None if (row + n) % 7 == 0 else kinds[n % 5](row + change, n) for row in range(20)]
    return pa.table(columns)


def test_a_thousand_columns_and_reserved_names(tmp_path: Path, spark: SparkSession) -> None:
    clear = {name: "clear" for n, name in enumerate(_wide().column_names[1:]) if n % 5 == 1 and n % 25 != 1}
    lake = _lake(tmp_path / "lake", spark, {"wide": {"identity": ["id"], "columns": clear}})
    for change in (0, 1):
        rows = _wide(change)
        _land(lake, "wide", rows)
        (result,) = lake.project.run(LOAD).tables
        assert (result.counts.inserted, result.counts.updated) == ((20, 0) if not change else (0, 20))
        bronze = lake.decrypted("wide").select(*[f"`{name}`" for name in rows.column_names]).toArrow()
        assert by_id(bronze.cast(rows.schema)) == by_id(rows)
        lake.project.run(SILVER)
        assert lake.silver("wide").select("`select`").count() == 20
