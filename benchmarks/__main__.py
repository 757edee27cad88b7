"""`python -m benchmarks`: write the data, run every case, print the table, save the result."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.by_hand import ByHand
from benchmarks.cases import (
    HOUR_CHANGED,
    LARGE,
    SMALL,
    SMALL_ROWS,
    hour_case,
    hour_tables,
    large_cases,
    silver_cases,
    small_cases,
)
from benchmarks.machine import machine
from benchmarks.measuring import Bench, Case, Timing
from benchmarks.ours import FullLoads, Hours, ToSilvers
from benchmarks.plain import Plain
from benchmarks.profiling import Profile, Profiled
from benchmarks.report import Report, save
from benchmarks.snapshots import write_hour, write_snapshots
from havenlake.runtime.session import get_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from benchmarks.loader import Loader


def main() -> None:
    """Run the benchmarks."""
    options = _options()
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="havenlake-bench-", dir=options.work) as folder:
        data, work = Path(folder, "data"), Path(folder, "work")
        work.mkdir()
        if options.hour:
            write_hour(data, hour_tables(options.rows), HOUR_CHANGED)
        else:
            write_snapshots(data, {} if options.small else dict.fromkeys(LARGE, options.rows))
            write_snapshots(data, dict.fromkeys(SMALL, SMALL_ROWS))
        spark = get_spark(app="havenlake-benchmarks", extra={"spark.local.dir": str(Path(folder, "local"))})
        try:
            timings = _run(Bench(spark, data, work, options.rounds), options)
        finally:
            spark.stop()
    report = Report(facts, options.rows, timings)
    file = save(report, keep=options.keep)
    print(report.markdown(), f"\nsaved as {file}", sep="\n")


def _run(bench: Bench, options: argparse.Namespace) -> list[Timing]:
    profile = Profile() if options.profile else None
    timings: list[Timing] = []
    for case in _cases(bench.spark, profile, options):
        if options.case in case.title:
            timings += bench.measure(case)
            for loader in case.loaders:
                if isinstance(loader, Profiled):
                    sys.stderr.write("\n".join(loader.lines()) + "\n")
    return timings


def _cases(spark: SparkSession, profile: Profile | None, options: argparse.Namespace) -> list[Case]:
    def ours(loader: Loader) -> Loader:
        return Profiled(loader, profile) if profile else loader

    floor, by_hand = Plain(spark), ByHand(spark)
    if options.hour:
        return [hour_case(by_hand, ours(Hours(spark)), tuple(hour_tables(options.rows)))]
    bronze, silver = ours(FullLoads(spark)), ours(ToSilvers(spark))
    large = [] if options.small else [*large_cases(floor, by_hand, bronze), *silver_cases(floor, silver)]
    return [*large, *small_cases(floor, by_hand, bronze)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast is a load?")
    add = parser.add_argument
    add("--rows", type=int, default=2_000_000, help="messages of the large table (%(default)s)")
    add("--rounds", type=int, default=5, help="rounds that count, after one that does not (%(default)s)")
    add("--small", action="store_true", help="only the small tables")
    add("--hour", action="store_true", help="only one run of 120 tables, export to silver")
    add("--case", default="", metavar="TEXT", help="only cases with TEXT in their title")
    add("--profile", action="store_true", help="also print where our loads spend their time")
    add("--keep", action="store_true", help="make this the reference result and fill the documentation")
    add("--work", type=Path, help="folder for about 4 GB of working data (the system's temporary one)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
