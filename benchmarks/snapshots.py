"""The data: snapshots of message tables as parquet, and what changes between them.

| snapshot | rows |
|---|---|
| s0 | the first export |
| s0b | the same rows in new files |
| s1 | 1 % of the rows changed and 0.1 % deleted, both at random; 0.5 % new |
| s2 | as many changes, all of them in the newest 2 % of the keys |
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.texts import Messages

COLUMNS = ("id", "conversation_id", "actor_id", "message", "status", "type", "timestamp", "updated_at")
SPARK_SCHEMA = (
    "id bigint, conversation_id bigint, actor_id bigint, message string, status string, type string, "
    "timestamp timestamp, updated_at timestamp"
)
CHANGED, DELETED, NEW = 0.01, 0.001, 0.005
NEWEST = 0.02
SMALL_TABLE = 10_000
_SEED = 20_261_122
_DAY = np.timedelta64(1, "D")
_TIME = pa.timestamp("us", "UTC")


def write_snapshots(folder: Path, tables: Mapping[str, int]) -> None:
    """Write all snapshots of tables of the given numbers of rows: `<folder>/<snapshot>/<table>/part-*.parquet`."""
    rng = np.random.default_rng(_SEED)
    messages = Messages(rng)
    for name, rows in tables.items():
        first = _rows(0, rows, rng, messages)
        _write(first, folder / "s0" / name)
        _write(first, folder / "s0b" / name)
        _write(_changed(first, 1.0, rng, messages), folder / "s1" / name)
        _write(_changed(first, NEWEST, rng, messages), folder / "s2" / name)


def write_hour(folder: Path, tables: Mapping[str, int], changed: int) -> None:
    """Write `h0` and, an hour later, `h1`: all tables in new files, the first `changed` with changes in newest rows."""
    rng = np.random.default_rng(_SEED)
    messages = Messages(rng)
    for number, (name, rows) in enumerate(tables.items()):
        first = _rows(0, rows, rng, messages)
        _write(first, folder / "h0" / name)
        _write(_changed(first, NEWEST, rng, messages) if number < changed else first, folder / "h1" / name)


def _rows(start: int, count: int, rng: np.random.Generator, messages: Messages) -> pa.Table:
    ids = np.arange(start, start + count)
    sent = np.datetime64("2024-01-01", "us") + (ids * 7).astype("timedelta64[s]")
    columns: list[Any] = [
        ids,
        ids // 20,
        rng.integers(0, 1_000, count),
        messages.draw(count),
        rng.choice(["sent", "delivered", "read"], count),
        rng.choice(["texter", "responder"], count),
        pa.array(sent, _TIME),
        pa.array(sent, _TIME),
    ]
    return pa.table(dict(zip(COLUMNS, columns, strict=True)))


def _changed(table: pa.Table, newest: float, rng: np.random.Generator, messages: Messages) -> pa.Table:
    """The table with rows edited and deleted among the newest part of its keys, and new rows behind them."""
    rows = table.num_rows
    edits, deletions, new = (max(1, round(rows * share)) for share in (CHANGED, DELETED, NEW))
    first = min(round(rows * (1 - newest)), rows - edits - deletions)
    picked = first + rng.choice(rows - first, edits + deletions, replace=False)
    edited = np.isin(np.arange(rows), picked[:edits])
    kept = ~np.isin(np.arange(rows), picked[edits:])
    message = pc.replace_with_mask(table["message"], edited, pa.array(messages.draw(edits)))
    updated = table["updated_at"].to_numpy().copy()
    updated[edited] += _DAY
    table = table.set_column(COLUMNS.index("message"), "message", message)
    table = table.set_column(COLUMNS.index("updated_at"), "updated_at", pa.array(updated, _TIME))
    return pa.concat_tables([table.filter(kept), _rows(rows, new, rng, messages)])


def _write(table: pa.Table, folder: Path) -> None:
    folder.mkdir(parents=True)
    files = 4 if table.num_rows > SMALL_TABLE else 1
    rows = -(-table.num_rows // files)
    for number in range(files):
        pq.write_table(table.slice(number * rows, rows), folder / f"part-{number}.parquet", row_group_size=500_000)
