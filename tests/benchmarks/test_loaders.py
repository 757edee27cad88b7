"""A very small run of the benchmarks, so that they cannot rot: every loader leaves what the snapshot holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from benchmarks.by_hand import ByHand
from benchmarks.cases import LARGE, silver_cases, small_cases
from benchmarks.measuring import Bench, Case, WrongResultError
from benchmarks.ours import FullLoads, ToSilvers
from benchmarks.plain import Plain
from benchmarks.snapshots import write_snapshots

TABLES = {"message": 2_000, "small_00": 100}


@pytest.fixture
def bench(spark: SparkSession, tmp_path: Path) -> Bench:
    write_snapshots(tmp_path / "data", TABLES)
    (tmp_path / "work").mkdir()
    return Bench(spark, tmp_path / "data", tmp_path / "work", rounds=1, warm_up=0)


def test_every_loader_leaves_what_the_snapshot_holds(bench: Bench) -> None:
    floor, by_hand, ours = Plain(bench.spark), ByHand(bench.spark), FullLoads(bench.spark)
    chosen = [small_cases(floor, by_hand, ours, tuple(TABLES))[-1], silver_cases(floor, ToSilvers(bench.spark))[0]]
    timings = [timing for case in chosen for timing in bench.measure(case)]
    assert [t.loader for t in timings] == ["F", "P", "Havenlake", "F", "Havenlake"]
    assert all(len(t.seconds) == 1 and t.seconds[0] > 0 for t in timings)
    assert list(bench.work.iterdir()) == []


def test_a_loader_that_leaves_something_else_is_found_out(bench: Bench) -> None:
    class Stale(Plain):
        def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
            super().load(folder, snapshot.with_name("s0"), tables)

    with pytest.raises(WrongResultError, match="F left"):
        bench.measure(Case("reload", LARGE, (Stale(bench.spark),), "s1"))
