"""What all tests share: one Spark session per process, a warehouse folder, and STRICT, under which a skip fails.

`HAVENLAKE_TEST_ENGINE` (classic, connect or local-cluster) chooses the engine of the session.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from havenlake.runtime.session import Engine
    from tests.postgres import PostgresServer

STRICT = os.environ.get("STRICT") == "1"
ENGINE = cast("Engine", os.environ.get("HAVENLAKE_TEST_ENGINE", "classic"))
_OWN_ENGINE = {"connect": "connect", "local-cluster": "cluster"}
_skipped: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the soak tests too")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs Spark, and take out what belongs to another engine or is too long for now."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
    named = "infrastructure" in (config.getoption("markexpr") or "")
    left_out = [
        item
        for item in items
        if not _wanted(item, soak=config.getoption("--soak"))
        or (item.get_closest_marker("infrastructure") and not named)
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _wanted(item: pytest.Item, *, soak: bool) -> bool:
    if item.get_closest_marker("soak") and not soak:
        return False
    own = {mark for mark in _OWN_ENGINE.values() if item.get_closest_marker(mark)}
    if ENGINE == "classic":
        return not own
    return _OWN_ENGINE[ENGINE] in own or item.get_closest_marker("engines") is not None


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if STRICT and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if STRICT and _skipped:
        terminalreporter.section("STRICT: a skipped test is a failure", red=True)
        for name in sorted(set(_skipped)):
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine under which this process's Spark tests run."""
    return ENGINE


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One small session for all tests of this process."""
    import pyspark

    from havenlake.runtime.session import JAVA_VARIABLE, QUICK_START, get_spark

    os.environ.setdefault(JAVA_VARIABLE, QUICK_START)
    settings = {
        "spark.driver.memory": os.environ.get("HAVENLAKE_DRIVER_MEMORY", "2g"),
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark-warehouse")),
        "spark.local.dir": str(tmp_path_factory.mktemp("spark-local")),
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",  # tests vacuum at once
    }
    session = get_spark(app="havenlake-tests", engine=ENGINE, extra=settings)
    app_id = session.sparkContext.applicationId if ENGINE == "local-cluster" else None
    yield session
    session.stop()
    if app_id:  # the workers of a local cluster leave a copy of every jar behind
        shutil.rmtree(Path(pyspark.__file__).parent / "work" / app_id, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One real PostgreSQL for all tests of this process; `fresh` makes a database of a test's own."""
    from tests.postgres import PostgresServer

    server = PostgresServer.create()
    yield server
    server.remove()


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """An empty warehouse folder."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    return folder
