"""The data of the benchmarks: seeded, of the promised shape, changed where promised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.snapshots import COLUMNS, write_snapshots
from benchmarks.texts import LONGEST, SHORTEST, WORDS, invented_words

ROWS = 20_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_snapshots(folder, {"message": ROWS})
    return folder


def read(data: Path, snapshot: str) -> pa.Table:
    return pq.read_table(data / snapshot / "message")


def test_words_are_many_and_different() -> None:
    words = invented_words(np.random.default_rng(1))
    assert len(set(words)) == len(words) == WORDS
    assert all(word.isalpha() for word in words)


def test_the_first_snapshot_has_the_promised_shape(data: Path) -> None:
    table = read(data, "s0")
    lengths = pc.utf8_length(table["message"])
    assert tuple(table.column_names) == COLUMNS
    assert table["id"].to_pylist() == list(range(ROWS))
    assert pc.min(lengths).as_py() == SHORTEST
    assert pc.max(lengths).as_py() == LONGEST
    assert len(list((data / "s0" / "message").iterdir())) == 4


def test_the_same_rows_come_in_new_files(data: Path) -> None:
    assert read(data, "s0b").equals(read(data, "s0"))


@pytest.mark.parametrize(("snapshot", "oldest"), [("s1", 0), ("s2", round(ROWS * 0.98))])
def test_changes_are_as_many_and_as_new_as_promised(data: Path, snapshot: str, oldest: int) -> None:
    before = {row["id"]: row for row in read(data, "s0").to_pylist()}
    after = {row["id"]: row for row in read(data, snapshot).to_pylist()}
    edited = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    deleted = before.keys() - after.keys()
    assert len(edited) == round(ROWS * 0.01)
    assert len(deleted) == round(ROWS * 0.001)
    assert len(after.keys() - before.keys()) == round(ROWS * 0.005)
    assert min([*edited, *deleted]) >= oldest
    assert all(before[key]["message"] != after[key]["message"] for key in edited)


def test_the_same_seed_gives_the_same_rows(data: Path, tmp_path: Path) -> None:
    write_snapshots(tmp_path, {"message": ROWS})
    assert read(tmp_path, "s2").equals(read(data, "s2"))
