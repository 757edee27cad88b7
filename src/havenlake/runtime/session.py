"""The Spark session: the one that is there (notebook, Databricks), else Databricks Connect's, else a local one.

What is set here makes a laptop fast and safe; nothing in the framework depends on it, because on serverless
compute none of it can be set.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from havenlake.errors import HavenlakeError
from havenlake.runtime.cache import cache_folder
from havenlake.runtime.jars import jar_files, locked_jars
from havenlake.runtime.java import find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Engine = Literal["classic", "connect", "local-cluster"]

MEMORY_VARIABLE = "HAVENLAKE_DRIVER_MEMORY"
JAVA_VARIABLE = "HAVENLAKE_JAVA_OPTIONS"
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
"""Java options for a process of a minute or two: without the optimising compiler it is done sooner."""
_MASTERS: dict[Engine, str] = {"classic": "local[*]", "connect": "local[2]", "local-cluster": "local-cluster[2,1,1024]"}
_MEBIBYTE = 1 << 20
_INSTALL = "pip install 'havenlake[local]'"


def get_spark(
    *, app: str = "havenlake", engine: Engine | None = None, extra: Mapping[str, str] | None = None
) -> SparkSession:
    """The active session, else Databricks Connect's where it is installed, else a new local one.

    `engine` asks for a local one of this kind (`classic` by default).

    `extra` adds to or overrides the settings of a new session, `spark.local.dir` or `spark.master` for example.
    """
    active = active_session()
    if active is not None:
        return active
    from pyspark.sql import SparkSession

    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return SparkSession.builder.getOrCreate()
    if engine is None and databricks_connect_installed():
        return _connect_to_databricks()
    _check_version()
    wanted = engine or "classic"
    settings: dict[str, str] = {**local_settings(wanted), **(extra or {}), "spark.app.name": app}
    os.environ["JAVA_HOME"] = str(find_java().home)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take the PATH's python
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    _silence_query_contexts()
    if wanted == "connect":
        with _engine_prints_to_stderr():
            return _start_connect(settings)
    builder = SparkSession.builder
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _engine_prints_to_stderr():
        session = builder.getOrCreate()
    if wanted == "classic":
        _read_one_action(session)
    return session


def _read_one_action(session: SparkSession) -> None:
    """Let Delta learn to read its log's actions now, while nothing else goes on.

    The first action that is read makes Jackson look into the classes of all actions, by their bytes in Delta's jar. A
    class loader of another session that is closed at that moment closes the jar for all, what was learned is wrong,
    and every later `DESCRIBE HISTORY` of the process fails ("has no property name"). What was learned once stays.
    """
    jvm = cast("Any", session._jvm)  # noqa: SLF001  only this engine has a JVM of its own, and no public way to it
    actions = getattr(getattr(jvm.org.apache.spark.sql.delta.actions, "Action$"), "MODULE$")
    actions.fromJson('{"commitInfo":{"timestamp":0,"operation":"","operationParameters":{}}}')


@contextmanager
def _engine_prints_to_stderr() -> Iterator[None]:
    """Start the engine with our standard error as its standard output, which is for data: a VACUUM prints there."""
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(ours, 1)
        os.close(ours)


def databricks_connect_installed() -> bool:
    """Whether Databricks Connect is here, which leaves no place for a local engine beside it."""
    try:
        return find_spec("databricks.connect") is not None
    except (ImportError, ValueError):  # no `databricks` at all; a module that somebody put in its place
        return False


def _connect_to_databricks() -> SparkSession:
    """A session on the cluster or serverless compute that the profile or the environment names."""
    from databricks.connect import DatabricksSession

    try:
        return cast("SparkSession", DatabricksSession.builder.getOrCreate())
    except Exception as error:  # noqa: BLE001  whatever the client raises; its text may hold an address or a token
        raise HavenlakeError(
            "HL-ENV-002",
            f"Databricks Connect is installed, but gives no session ({type(error).__name__})",
            hint="log in with `databricks auth login` and name a cluster or serverless compute "
            f"(DATABRICKS_CLUSTER_ID, DATABRICKS_SERVERLESS_COMPUTE_ID=auto), or for a local engine: {_INSTALL}",
        ) from None


def _silence_query_contexts() -> None:
    """Pyspark logs failed queries with values of rows; the error itself is raised all the same."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def active_session() -> SparkSession | None:
    """The session of this process, if one is running."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise HavenlakeError("HL-ENV-002", "pyspark is missing", hint=_INSTALL) from error
    try:
        return SparkSession.active()
    except PySparkRuntimeError:
        return None


def local_settings(engine: Engine = "classic") -> dict[str, str]:
    """The settings of a session of our own."""
    return {
        "spark.master": _MASTERS[engine],
        "spark.driver.memory": driver_memory(),
        **_delta_settings(),
        **_QUIET,
        **_SAFE,
        **_FAST,
        "spark.driver.extraJavaOptions": " ".join(
            [f'"-Dlog4j2.configurationFile=file:{_beside("log4j2.properties")}"', os.environ.get(JAVA_VARIABLE, "")]
        ).strip(),
        "spark.sql.warehouse.dir": str(cache_folder() / "spark-warehouse"),  # else a folder appears where one stands
        "spark.scheduler.mode": "FAIR",
        "spark.scheduler.allocation.file": _beside("pools.xml"),
    }


def driver_memory() -> str:
    """`HAVENLAKE_DRIVER_MEMORY`, else 4 GiB or two fifths of the machine, whichever is less."""
    given = os.environ.get(MEMORY_VARIABLE)
    if given:
        return given
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEBIBYTE
    return f"{min(4096, machine * 2 // 5)}m"


def _check_version() -> None:
    """Delta's jars fit one release line of Spark, which their names tell."""
    from pyspark import __version__ as found

    line = locked_jars()[0].coordinate.split(":")[1].split("_")[1]
    if not found.startswith(f"{line}."):
        raise HavenlakeError("HL-ENV-002", f"pyspark is {found}; a local session needs {line}", hint=_INSTALL)


def _beside(name: str) -> str:
    return str(Path(__file__).with_name(name))


def _delta_settings() -> dict[str, str]:
    return {
        "spark.jars": ",".join(str(jar) for jar in jar_files()),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # Delta 4.4's extension breaks `spark.sql(text, args=…)` without it
        "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
        "spark.databricks.delta.snapshotPartitions": "1",  # the default of 50 suits logs of large tables
        # what we merge is staged already; staging it once more costs two jobs a table
        "spark.databricks.delta.merge.materializeSource": "none",
    }


_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

_SAFE = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow or a bad cast is an error, never a silent null
    # As on Databricks, and as Delta itself: columns that differ in case only are refused by name at the source.
    "spark.sql.caseSensitive": "false",
    "spark.io.encryption.enabled": "true",  # spill and shuffle files may hold clear text
}

_FAST = {
    # Every query stage would be a job of its own: on one machine, with few partitions, that only costs
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.default.parallelism": "4",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(64 * _MEBIBYTE),
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def _start_connect(settings: Mapping[str, str]) -> SparkSession:
    """Start a Connect server in a JVM of this process and return its client.

    `builder.remote("local[2]")` does the same but always on one port, so two processes would meet.
    """
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    port = _free_port()
    server = {
        **settings,
        "spark.connect.grpc.binding.port": str(port),
        "spark.connect.grpc.binding.address": "127.0.0.1",
    }
    os.environ["SPARK_LOCAL_REMOTE"] = "1"
    ConnectSession._start_connect_server(settings["spark.master"], server)  # noqa: SLF001
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    return cast("SparkSession", ConnectSession.builder.remote(f"sc://localhost:{port}").getOrCreate())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
