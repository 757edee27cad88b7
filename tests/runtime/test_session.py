import os
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime import session as sessions
from havenlake.runtime.capabilities import can_set, session_capabilities
from havenlake.runtime.session import driver_memory, get_spark

pytestmark = pytest.mark.engines


def test_a_delta_table_is_written_merged_and_read_back(spark, tmp_path):
    table = f"delta.`{tmp_path}/t`"
    spark.range(4).selectExpr("id", "'old' AS v").write.format("delta").save(f"{tmp_path}/t")
    spark.range(3, 6).selectExpr("id", "'new' AS v").createOrReplaceTempView("changes")
    spark.sql(
        f"MERGE INTO {table} t USING changes c ON t.id <=> c.id WHEN MATCHED THEN UPDATE SET v = c.v "
        "WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE AND t.id = 0 THEN DELETE"
    )
    rows = spark.sql(f"SELECT id, v FROM {table} ORDER BY id").collect()
    assert [tuple(row) for row in rows] == [(1, "old"), (2, "old"), (3, "new"), (4, "new"), (5, "new")]


def test_commands_take_parameters(spark, tmp_path):
    spark.sql(f"CREATE TABLE delta.`{tmp_path}/t` (id BIGINT, name STRING) USING delta")
    spark.sql(f"INSERT INTO delta.`{tmp_path}/t` VALUES (:id, :name)", args={"id": 1, "name": "it's"})
    assert [tuple(r) for r in spark.read.format("delta").load(f"{tmp_path}/t").collect()] == [(1, "it's")]


def test_python_workers_run_this_python(spark):
    def where(batches):
        import pyarrow as pa

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"python": [sys.executable]})

    found = {row.python for row in spark.range(2).mapInArrow(where, "python string").collect()}
    assert {os.path.realpath(python) for python in found} == {os.path.realpath(sys.executable)}


def test_the_settings_that_keep_data_right_are_on(spark):
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.ansi.enabled") == "true"
    assert spark.conf.get("spark.io.encryption.enabled") == "true"
    assert spark.conf.get("spark.databricks.delta.merge.materializeSource") == "none"
    assert int(spark.conf.get("spark.sql.execution.arrow.maxBytesPerBatch").rstrip("b")) == 64 << 20


def test_the_active_session_is_found_in_every_thread(spark):
    found = [get_spark(extra={"spark.app.name": "another"})]
    thread = threading.Thread(target=lambda: found.append(get_spark()))
    thread.start()
    thread.join()
    names = [session.conf.get("spark.app.name") for session in found]
    assert names == ["havenlake-tests"] * 2
    assert found[0] is spark


def test_capabilities_tell_the_engine_and_leave_settings_alone(spark, engine):
    keys = ("spark.databricks.delta.commitInfo.userMetadata", "spark.databricks.delta.write.txnAppId")
    before = [spark.conf.get(key, None) for key in keys]
    found = session_capabilities(spark)
    assert found.is_connect == (engine == "connect")
    assert found.commit_metadata
    assert found.transaction_ids
    assert found.merge_materialization
    assert not found.is_databricks
    assert [spark.conf.get(key, None) for key in keys] == before


def test_a_static_setting_cannot_be_set(spark):
    assert not can_set(spark, "spark.sql.extensions", "x.Y")


def test_columns_that_differ_in_case_only_are_an_error_not_a_guess(spark, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.errors import AnalysisException

    pq.write_table(pa.table({"id": [1], "ID": [2]}), tmp_path / "t.parquet")
    with pytest.raises(AnalysisException, match="COLUMN_ALREADY_EXISTS"):
        spark.read.parquet(f"{tmp_path}/t.parquet").collect()


def test_driver_memory_is_bounded_by_the_machine_or_said(monkeypatch):
    monkeypatch.delenv("HAVENLAKE_DRIVER_MEMORY", raising=False)
    assert 0 < int(driver_memory().removesuffix("m")) <= 4096
    monkeypatch.setenv("HAVENLAKE_DRIVER_MEMORY", "1500m")
    assert driver_memory() == "1500m"


def test_another_spark_than_the_jars_are_for_is_refused(monkeypatch):
    monkeypatch.setattr(sessions, "active_session", lambda: None)
    monkeypatch.setattr("pyspark.__version__", "4.1.4")
    with pytest.raises(HavenlakeError, match=r"pyspark is 4\.1\.4; a local session needs 4\.2") as caught:
        get_spark()
    assert caught.value.code == "HL-ENV-002"


def test_on_databricks_the_session_is_the_runtimes(monkeypatch):
    """Nothing of ours is set there: the builder is asked for the session as it is."""
    from pyspark.sql import SparkSession

    class Builder:
        def getOrCreate(self):  # noqa: N802
            return "the notebook's session"

    monkeypatch.setattr(sessions, "active_session", lambda: None)
    monkeypatch.setattr(SparkSession, "builder", Builder())
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    assert get_spark() == "the notebook's session"


class StandIn(ModuleType):
    """`databricks.connect`, which cannot be installed beside pyspark."""

    def __init__(self, answer):
        super().__init__("databricks.connect")
        self.__spec__ = ModuleSpec("databricks.connect", None)
        self.DatabricksSession = SimpleNamespace(builder=SimpleNamespace(getOrCreate=answer))


@pytest.fixture
def connect_installed(monkeypatch):
    def install(answer):
        monkeypatch.setattr(sessions, "active_session", lambda: None)
        monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
        monkeypatch.setitem(sys.modules, "databricks.connect", StandIn(answer))

    return install


def test_databricks_connect_gives_the_session_where_it_is_installed(connect_installed):
    connect_installed(lambda: "a session on the cluster")
    assert get_spark() == "a session on the cluster"


def test_an_active_session_goes_before_databricks_connect(spark, connect_installed, monkeypatch):
    connect_installed(lambda: "a session on the cluster")
    monkeypatch.setattr(sessions, "active_session", lambda: spark)
    assert get_spark() is spark


def test_databricks_connect_without_a_place_to_connect_to_is_told(connect_installed):
    def refuse():
        raise ValueError("default auth: host=https://adb-1.example.org token=secretword")

    connect_installed(refuse)
    with pytest.raises(HavenlakeError, match=r"HL-ENV-002 .*ValueError") as caught:
        get_spark()
    assert "secretword" not in str(caught.value)
    assert "databricks auth login" in str(caught.value.hint)


def test_without_databricks_connect_the_session_is_local():
    assert not sessions.databricks_connect_installed()
