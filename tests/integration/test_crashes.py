"""Killed between each pair of steps and at random moments, then resumed: same tables, truthful ledger."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from crashes import die_after, die_at
from projects import LOAD, SILVER, Lake, by_id

from havenlake.records import Mode, Status
from havenlake.synthetic import PlatformDatabase, write_export

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=400, seed=5)
TABLES = ("message", "conversation")


def _soak(point: str) -> object:
    return pytest.param(point, marks=pytest.mark.soak)


# every point stands here; those that differ least from a neighbour are left to `make soak`
BRONZE_POINTS = (
    "ledger-started",
    _soak("lease-held"),
    "measured",
    "rows-staged",
    "written",
    "before-ledger",
    _soak("ledger-finished"),
)
FIRST_LOAD_POINTS = (_soak("measured"), "written", _soak("before-ledger"))
SILVER_POINTS = (_soak("lease-held"), _soak("measured"), "rows-staged", "written", _soak("before-ledger"))
AFTER_COMMIT = {"written", "before-ledger"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    return Lake.create(tmp_path_factory.mktemp("lake"), spark).only_tables(*TABLES).merging()


@pytest.fixture(scope="module")
def days() -> list[int]:
    """The day that was exported last; every crash works on the next one."""
    return [-1]


def _export_next_day(lake: Lake, days: list[int]) -> int:
    days[0] += 1
    write_export(DATABASE, lake.landing, days[0])
    return days[0]


def _resume(lake: Lake, job: str) -> tuple[str, bool]:
    """Resume the newest run of the job if the ledger knows that it has something left; its id, and whether it had."""
    newest = [e for e in lake.project.ledger() if e.context.job == job][-1].context.run_id
    record = lake.project.run(job, resume=newest)
    assert record.run_id == newest
    return newest, bool(record.tables)


def _check_tables(lake: Lake, day: int) -> None:
    snapshot = DATABASE.snapshot(day)
    for table in TABLES:
        source = snapshot[table]
        bronze = lake.decrypted(table).select(*source.column_names).toArrow().cast(source.schema)
        assert by_id(bronze) == by_id(source), table


def _check_silver(lake: Lake, day: int) -> None:
    snapshot = DATABASE.snapshot(day)
    for table in TABLES:
        assert set(by_id(lake.silver(table).select("id").toArrow())) == set(by_id(snapshot[table])), table
    clear = ["id", "conversation_id", "status", "timestamp"]
    wanted = snapshot["message"].select(clear)
    assert by_id(lake.silver("message").select(*clear).toArrow().cast(wanted.schema)) == by_id(wanted)


def _check_ledger(lake: Lake, run: str, layer: str) -> None:
    """Every table of the run ended well, and every recorded version exists and holds what is said."""
    entries = [e for e in lake.project.ledger() if e.context.run_id == run]
    last = {e.result.table: e for e in entries}
    assert set(last) == set(TABLES)
    versions = lake.versions(layer)
    for table, entry in last.items():
        assert entry.result.status.good, (table, entry.result)
        assert entry.result.version_after == versions[table], table
    assert not list((lake.warehouse / "_staging").glob(f"{run}-2*")), "the resumed attempt left staging behind"


@pytest.mark.parametrize("point", BRONZE_POINTS)
def test_a_load_killed_at_a_step_resumes(point: str, lake: Lake, days: list[int]) -> None:
    day = _export_next_day(lake, days)
    if day == 0:  # the first day loads into nothing: no rows are staged, so it starts the chain without a crash
        lake.project.run(LOAD)
        day = _export_next_day(lake, days)
    die_at(lake.root, LOAD, point)
    landed = lake.versions("bronze")
    run, left = _resume(lake, LOAD)
    if point == "lease-held" and not left:  # it may die before the ledger knows of it, and has done nothing then
        run = lake.project.run(LOAD).run_id
    _check_tables(lake, day)
    _check_ledger(lake, run, "bronze")
    modes = [
        e.result.mode for e in lake.project.ledger() if e.context.run_id == run and e.result.status is Status.SUCCEEDED
    ]
    if point in AFTER_COMMIT:
        assert Mode.REPAIR in modes, "a table whose commit had landed is recorded, not loaded again"
    if point == "ledger-finished":
        assert lake.versions("bronze") == landed


@pytest.mark.parametrize("point", FIRST_LOAD_POINTS)
def test_a_first_load_killed_at_a_step_resumes(point: str, tmp_path: object, spark: SparkSession) -> None:
    lake = Lake.create(tmp_path / "lake", spark).only_tables(*TABLES)  # type: ignore[operator]
    write_export(DATABASE, lake.landing, 0)
    die_at(lake.root, LOAD, point)
    run, _ = _resume(lake, LOAD)
    _check_tables(lake, 0)
    _check_ledger(lake, run, "bronze")


@pytest.mark.parametrize("point", SILVER_POINTS)
def test_silver_killed_at_a_step_resumes(point: str, lake: Lake, days: list[int]) -> None:
    lake.project.run(SILVER)
    day = _export_next_day(lake, days)
    lake.project.run(LOAD)
    die_at(lake.root, SILVER, point)
    run, left = _resume(lake, SILVER)
    if point == "lease-held" and not left:
        run = lake.project.run(SILVER).run_id
    _check_silver(lake, day)
    _check_ledger(lake, run, "silver")
    assert lake.project.run(SILVER).status is Status.UNCHANGED
    _check_silver(lake, day)


@pytest.mark.parametrize("point", [_soak("measured"), "written"])
def test_a_table_written_anew_killed_at_a_step_resumes(point: str, tmp_path: object, spark: SparkSession) -> None:
    lake = Lake.create(tmp_path / "lake", spark).only_tables(*TABLES)  # type: ignore[operator]
    write_export(DATABASE, lake.landing, 0)
    lake.project.run(LOAD)
    write_export(DATABASE, lake.landing, 1)
    die_at(lake.root, LOAD, point)
    run, _ = _resume(lake, LOAD)
    _check_tables(lake, 1)
    _check_ledger(lake, run, "bronze")


def test_adding_a_column_killed_before_the_rows_resumes(tmp_path: object, spark: SparkSession) -> None:
    lake = Lake.create(tmp_path / "lake", spark).only_tables(*TABLES)  # type: ignore[operator]
    for day in (0, 2):
        write_export(DATABASE, lake.landing, day)
        lake.project.run(LOAD)
    write_export(DATABASE, lake.landing, 3)
    die_at(lake.root, LOAD, "columns-added")
    run, _ = _resume(lake, LOAD)
    _check_tables(lake, 3)
    _check_ledger(lake, run, "bronze")


def _random_moments(lake: Lake, days: list[int], count: int, seed: int) -> None:
    moments = random.Random(seed)
    killed = 0
    for _ in range(count * 3):
        if killed == count:
            break
        day = _export_next_day(lake, days)
        if not die_after(lake.root, LOAD, moments.uniform(0.0, 6.0)):
            continue
        killed += 1
        run, _ = _resume(lake, LOAD)
        _check_tables(lake, day)
        _check_ledger(lake, run, "bronze")
        lake.project.run(SILVER)
        _check_silver(lake, day)
    assert killed == count, "the runs ended before they could be killed"


def test_killed_at_random_moments(lake: Lake, days: list[int]) -> None:
    if days[0] < 0:
        _export_next_day(lake, days)
        lake.project.run(LOAD)
    _random_moments(lake, days, count=2, seed=1)


@pytest.mark.soak
def test_killed_at_many_random_moments(lake: Lake, days: list[int]) -> None:
    if days[0] < 0:
        _export_next_day(lake, days)
        lake.project.run(LOAD)
    _random_moments(lake, days, count=30, seed=2)
