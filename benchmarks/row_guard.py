"""What the row guard costs: CPU time per row of a scan with it, less the same scan without, in interleaved pairs.

`python -m benchmarks.row_guard [ROWS] [REPEATS]`. CPU time of the whole JVM is taken, not the clock, so that other
work on the machine disturbs it less; the interval is that of the mean of the pairs' differences (95 %).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import mean, median, stdev
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.config import load_project
from havenlake.residency import row_rule
from havenlake.runtime.session import get_spark
from havenlake.transforms import FOREIGN, with_foreign_zone, with_foreign_zone_of_phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    Guard = Callable[[DataFrame], DataFrame]

_T_95 = {10: 2.262, 20: 2.093, 30: 2.045}
"""Student's t of a mean of so many values."""


def main(rows: int = 1_000_000, repeats: int = 30) -> None:
    """Measure both guards and print nanoseconds per row."""
    spark = get_spark(extra={"spark.master": "local[1]"})
    rule = row_rule(load_project(Path(__file__).parents[1]).zones, "us")
    if rule is None:
        raise ValueError("zone us is not declared")
    guards = {
        "country": with_foreign_zone("country", rule.home, rule.zones),
        "phone": with_foreign_zone_of_phone("phone", rule.home, rule.phone_patterns()),
    }
    with tempfile.TemporaryDirectory() as folder:
        source = _written(spark, folder, rows)
        for name, guard in guards.items():
            told = _difference(source, name, guard, rows, repeats)
            sys.stdout.write(f"{name}: {told}\n")
    spark.stop()


def _written(spark: SparkSession, folder: str, rows: int) -> DataFrame:
    """Rows as an export has them; one in five thousand belongs elsewhere."""
    away = F.col("id") % 5_000 == 0
    frame = spark.range(rows).select(
        "id",
        F.when(away, "CA").otherwise("US").alias("country"),
        F.concat(
            F.when(away, "+1416555").otherwise("+1415555"), F.lpad((F.col("id") % 10_000).cast("string"), 4, "0")
        ).alias("phone"),
    )
    frame.coalesce(1).write.mode("overwrite").parquet(f"{folder}/source")
    return spark.read.parquet(f"{folder}/source")


def _difference(source: DataFrame, column: str, guard: Guard, rows: int, repeats: int) -> str:
    """Guarded less bare, per row; whichever goes first changes from pair to pair."""
    bare = source.agg(F.count("id"), F.count(column), F.max(column))
    guarded = source.transform(guard).agg(F.count("id"), F.count(FOREIGN), F.max(column))
    for frame in (bare, guarded) * 3:
        frame.collect()  # warm
    spent: list[float] = []
    for n in range(repeats):
        pair = [(bare, -1), (guarded, 1)]
        spent.append(sum(sign * _cpu_of(frame) for frame, sign in (pair if n % 2 else reversed(pair))))
    per_row = [1e9 * s / rows for s in spent]
    half = _T_95.get(repeats, 2.0) * stdev(per_row) / repeats**0.5
    found = f"{mean(per_row):.0f} ± {half:.0f} ns of CPU a row (median {median(per_row):.0f}"
    return f"{found}; {repeats} pairs, {rows:,} rows)"


def _cpu_of(frame: DataFrame) -> float:
    before = _cpu()
    frame.collect()
    return _cpu() - before


def _cpu() -> float:
    """CPU seconds of all child processes that live: the JVM."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # a process that ended meanwhile
        if int(fields[1]) == os.getpid():
            total += int(fields[11]) + int(fields[12])
    return total / ticks


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
