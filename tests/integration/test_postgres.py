"""Full loads of a live PostgreSQL through the public door: every type, one instant, every failure."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from databases import JOB, DatabaseLake, held, none_held, secrets
from pyspark.sql import functions as F

from havenlake.config import load_project
from havenlake.config.job_inputs import FullLoadInput
from havenlake.errors import HavenlakeError
from havenlake.records import Mode, Status
from havenlake.runtime.secrets import EnvironmentSecrets
from havenlake.sources.postgres import PostgresSource, query, server
from tests.postgres import PASSWORDS, READER, PostgresServer

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructField

MICROS_1900 = -2_208_988_800_000_000


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets(monkeypatch)


# every type ----------------------------------------------------------------------------------------------------------


# type, value in SQL, what bronze holds once decrypted (times as micros or text), its Spark type
TYPES: tuple[tuple[str, str, Any, str], ...] = (
    ("smallint", "-32768", -32768, "smallint"),
    ("int", "2147483647", 2147483647, "int"),
    ("bigint", "-9223372036854775808", -(2**63), "bigint"),
    ("boolean", "true", True, "boolean"),
    ("real", "1.1", 1.100000023841858, "float"),
    ("double precision", "'-Infinity'", float("-inf"), "double"),
    ("double precision", "1e-300", 1e-300, "double"),
    ("numeric(10,2)", "-12345678.90", Decimal("-12345678.90"), "decimal(10,2)"),
    ("numeric(38,10)", "1234567890123456789012345678.0123456789", "same", "decimal(38,10)"),
    ("numeric(50,10)", "1234567890123456789012345678901234567890.0123456789", "same text", "string"),
    ("numeric", "'NaN'", "NaN", "string"),
    ("text", "E'é \"q\"\\n\\U0001F600'", 'é "q"\n\U0001f600', "string"),
    ("varchar(10)", "''", "", "string"),
    ("char(5)", "'ab'", "ab   ", "string"),
    ("timestamp", "'2024-03-10 02:30:00.123456'", "2024-03-10 02:30:00.123456", "timestamp_ntz"),
    ("timestamp", "'0001-01-01 00:00:00'", "0001-01-01 00:00:00", "timestamp_ntz"),
    ("timestamp", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999", "timestamp_ntz"),
    ("timestamptz", "'1900-01-01 00:00:00+00'", MICROS_1900, "timestamp"),
    ("timestamptz", "'2024-11-03 01:30:00.000001-05'", 1_730_615_400_000_001, "timestamp"),
    ("date", "'1582-10-10'", "1582-10-10", "date"),
    ("date", "'9999-12-31'", "9999-12-31", "date"),
    ("time", "'24:00:00'", "24:00:00", "string"),
    ("timetz", "'12:34:56.789+02'", "12:34:56.789+02", "string"),
    ("interval", "'1 year 2 days 03:04:05.6'", "1 year 2 days 03:04:05.6", "string"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "string"),
    ("jsonb", """'{"b": 1, "a": [1, 2.50]}'""", '{"a": [1, 2.50], "b": 1}', "string"),
    ("app.mood", "'so so'", "so so", "string"),
    ("inet", "'10.0.0.1'", "10.0.0.1", "string"),
    ("bit(4)", "B'1010'", "1010", "string"),
    ("bytea", r"'\x00ff'", b"\x00\xff", "binary"),
    ("money", "12.5", "12.50", "string"),
    ("int4range", "'[1,5)'", "[1,5)", "string"),
    ("app.price", "7.25", Decimal("7.25"), "decimal(9,2)"),
    ("text[]", """'{a,NULL,"b,c","q\\"x"}'""", ["a", None, "b,c", 'q"x'], "array<string>"),
    ("int[]", "'{}'", [], "array<int>"),
    ("numeric(10,2)[]", "'{1.50,NULL}'", [Decimal("1.50"), None], "array<decimal(10,2)>"),
    ("float8[]", "'{0.1,Infinity}'", [0.1, float("inf")], "array<double>"),
    ("boolean[]", "'{t,f}'", [True, False], "array<boolean>"),
    ("bytea[]", r"ARRAY['\x00ff'::bytea]", [b"\x00\xff"], "array<binary>"),
    ("date[]", "'{1582-10-10}'", ["1582-10-10"], "array<date>"),
    ("timestamp", "'infinity'", "infinity", "string"),  # under `as_text`
)
AS_TEXT = len(TYPES) - 1


@contextmanager
def session_zone(spark: SparkSession, zone: str) -> Iterator[None]:
    before = str(spark.conf.get("spark.sql.session.timeZone"))
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


def readable(field: StructField) -> Column:
    """A value in a form that no time zone changes."""
    kind, column = field.dataType.simpleString(), F.col(field.name)
    if kind == "timestamp":
        return F.unix_micros(column).alias(field.name)
    if kind in ("timestamp_ntz", "date"):
        return column.cast("string").alias(field.name)
    return column.cast("array<string>").alias(field.name) if kind == "array<date>" else column


def values(rows: DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Rows by their id, as plain values."""
    picked = rows.select("id", *names)
    found = picked.select(*(readable(field) for field in picked.schema.fields)).orderBy("id").collect()
    return [row.asDict() for row in found]


def test_every_type_arrives_as_it_was_under_any_time_zone(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path
) -> None:
    names = [f"c{i}" for i in range(len(TYPES))]
    columns = ", ".join(f"{name} {kind}" for name, (kind, *_) in zip(names, TYPES, strict=True))
    name = postgres.fresh(
        "types",
        "CREATE TYPE app.mood AS ENUM ('fine', 'so so')",
        "CREATE DOMAIN app.price AS numeric(9,2)",
        f'CREATE TABLE app.t (id int PRIMARY KEY, {columns}, "Odd""name" int GENERATED ALWAYS AS (id * 2) STORED)',
        f"INSERT INTO app.t VALUES (1, {', '.join(value for _, value, *_ in TYPES)})",
        "INSERT INTO app.t VALUES (2)",
        f"ALTER ROLE {READER} SET timezone TO 'Asia/Tokyo'",
        f"ALTER ROLE {READER} SET intervalstyle TO 'sql_standard'",
        f"ALTER ROLE {READER} SET extra_float_digits TO 0",
    )
    url, as_text = postgres.url(name), [f"t.c{AS_TEXT}"]
    lake = DatabaseLake.create(tmp_path, spark, url, {"t": {}}, as_text=as_text)
    try:
        with session_zone(spark, "America/New_York"):
            assert lake.run().status is Status.SUCCEEDED
        first, empty = values(lake.bronze("t"), names)
        kinds = {field.name: field.dataType.simpleString() for field in lake.bronze("t").schema.fields}
        with session_zone(spark, "Asia/Kolkata"):
            assert lake.run().status is Status.UNCHANGED
    finally:
        postgres.run("postgres", f"ALTER ROLE {READER} RESET ALL")
    for column, (kind, value, expected, spark_type) in zip(names, TYPES, strict=True):
        wanted = Decimal(value) if expected == "same" else value if expected == "same text" else expected
        assert first[column] == wanted, kind
        assert kinds[column] == spark_type, kind
        assert empty[column] is None, kind
    assert [row[0] for row in lake.bronze("t").select('`Odd"name`').orderBy("id").collect()] == [2, 4]


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("timestamp", "'infinity'", "HL-JDB-009"),
        ("date", "'0044-03-15 BC'", "HL-JDB-009"),
        ("numeric(10,2)", "'NaN'", "HL-JDB-009"),
        ("int[]", "'{{1},{2}}'", "HL-JDB-009"),
        ("pg_lsn", "'0/1'", "HL-SRC-007"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name_and_nothing_is_written(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, kind: str, value: str, code: str
) -> None:
    name = postgres.fresh(
        "uncarried", f"CREATE TABLE app.t (id int, ended {kind})", f"INSERT INTO app.t VALUES (1, {value})"
    )
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(name), {"t": {}})
    result = lake.failed()["t"]
    assert result.error is not None
    assert result.error.code == code
    assert "'ended'" in result.error.message
    assert "as_text: [t.ended]" in str(result.error.hint)
    assert not (tmp_path / "warehouse/lake_bronze/app/t").exists()


# one instant ---------------------------------------------------------------------------------------------------------


class Writers:
    """Moves money between rows of two tables, adds and removes rows, until told to stop. The sum never changes."""

    def __init__(self, postgres: PostgresServer, database: str) -> None:
        self._postgres, self._database = postgres, database
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._move, args=(seed,)) for seed in range(2)]
        self.moves = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _move(self, seed: int) -> None:
        step = seed
        with self._postgres.connect(self._database) as connection:
            while not self._stop.is_set():
                step += 7
                giver, taker = 1 + step % 400, 1 + (step * 31) % 400
                with connection.transaction():
                    connection.execute("UPDATE app.savings SET amount = amount - 3 WHERE id = %s", [giver])
                    connection.execute("UPDATE app.checking SET amount = amount + 3 WHERE id = %s", [taker])
                self.moves += 1
                self._stop.wait(0.003)  # the load needs the processor too


def bank(postgres: PostgresServer, name: str) -> str:
    return postgres.fresh(
        name,
        *(
            statement
            for table in ("savings", "checking")
            for statement in (
                f"CREATE TABLE app.{table} (id int PRIMARY KEY, amount bigint, pad text) WITH (fillfactor = 50)",
                f"INSERT INTO app.{table} SELECT i, 100, repeat('x', 200) FROM generate_series(1, 400) i",
            )
        ),
    )


def total(lake: DatabaseLake) -> int:
    return sum(int(lake.bronze(table).agg(F.sum("amount")).collect()[0][0]) for table in ("savings", "checking"))


def loads_under_writers(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, database: str, runs: int
) -> list[int]:
    name = bank(postgres, database)
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(name), {"savings": {}, "checking": {}})
    totals = []
    with Writers(postgres, name) as writers:
        for _ in range(runs):
            before = writers.moves
            record = lake.run()
            assert {table.status for table in record.tables} == {Status.SUCCEEDED}
            assert writers.moves > before  # there were writes during the load
            positions = {table.source_position.partition("@")[2] for table in record.tables}
            assert len(positions) == 1
            totals.append(total(lake))
    assert none_held(postgres)
    return totals


@pytest.fixture
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tables are divided as large ones are."""
    monkeypatch.setattr(query, "PARTITION_BYTES", 32 << 10)


@pytest.mark.usefixtures("small_partitions")
def test_tables_agree_with_one_another_while_writers_write(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path
) -> None:
    assert loads_under_writers(spark, postgres, tmp_path, "bank", 3) == [80_000] * 3


@pytest.mark.soak
@pytest.mark.usefixtures("small_partitions")
def test_tables_agree_in_twenty_of_twenty_runs(spark: SparkSession, postgres: PostgresServer, tmp_path: Path) -> None:
    assert loads_under_writers(spark, postgres, tmp_path, "bank20", 20) == [80_000] * 20


@pytest.mark.usefixtures("small_partitions")
def test_a_run_takes_no_more_connections_than_it_may_and_keeps_none(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path
) -> None:
    name = bank(postgres, "bounded")
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(name), {"savings": {}, "checking": {}}, max_connections=5)
    plans = lake.project.plan(job=JOB)
    assert all("2 connection(s)" in plan.source for plan in plans)
    assert all(any("snapshot held on 127.0.0.1" in note for note in plan.notes) for plan in plans)
    assert none_held(postgres)
    seen, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            seen.append(min(held(postgres) for _ in range(3)))  # a closed session takes a moment to go

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        record = lake.run()
    finally:
        done.set()
        watcher.join()
    assert 1 < max(seen) <= 5
    assert none_held(postgres)
    assert all(any("snapshot held on" in note for note in table.notes) for table in record.tables)


@pytest.mark.engines
def test_a_first_load_a_change_and_a_conflict(spark: SparkSession, postgres: PostgresServer, tmp_path: Path) -> None:
    name = postgres.fresh(
        "changes",
        "CREATE TABLE app.t (id int, note text)",
        "INSERT INTO app.t SELECT i, 'n' || i FROM generate_series(1, 50) i",
    )
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(name), {"t": {}})
    assert lake.run().tables[0].mode is Mode.FIRST_LOAD
    postgres.run(
        name,
        "UPDATE app.t SET note = 'other' WHERE id = 7",
        "DELETE FROM app.t WHERE id = 8",
        "INSERT INTO app.t VALUES (51, 'new'), (NULL, 'who'), (9, 'n9'), (10, 'another ten')",
    )
    [table] = lake.run().tables
    counts = table.counts
    assert (counts.read, counts.inserted, counts.updated, counts.deleted) == (53, 1, 1, 1)
    assert (counts.quarantined, counts.duplicates) == (3, 1)
    rows = {row.id: row.note for row in lake.bronze("t").select("id", "note").collect()}
    assert rows == {**{i: f"n{i}" for i in range(1, 51) if i != 8}, 7: "other", 51: "new"}
    places = lake.project.table("lake_operations.havenlake.quarantine").select("source_position").collect()
    assert all(str(row[0]).startswith("t (0,") for row in places)


# what goes wrong -----------------------------------------------------------------------------------------------------


@pytest.fixture
def three(postgres: PostgresServer) -> str:
    """A database of three tables."""
    return postgres.fresh(
        "three",
        *(
            statement
            for table in ("person", "visit", "note")
            for statement in (
                f"CREATE TABLE app.{table} (id int PRIMARY KEY, word text)",
                f"INSERT INTO app.{table} SELECT i, 'w' || i FROM generate_series(1, 300) i",
            )
        ),
    )


THREE: dict[str, dict[str, Any]] = {"person": {}, "visit": {}, "note": {}}


@pytest.mark.parametrize(
    ("break_it", "mend_it", "code", "words"),
    [
        ("ALTER TABLE app.visit RENAME TO visits", "ALTER TABLE app.visits RENAME TO visit", "HL-JDB-003", "visits"),
        (
            f"REVOKE SELECT ON app.visit FROM {READER}",
            f"GRANT SELECT ON app.visit TO {READER}",
            "HL-JDB-004",
            "GRANT SELECT",
        ),
    ],
)
def test_one_bad_table_stops_no_other_and_a_resumed_run_mends_it(
    spark: SparkSession,
    postgres: PostgresServer,
    tmp_path: Path,
    three: str,
    break_it: str,
    mend_it: str,
    code: str,
    words: str,
) -> None:
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(three), THREE)
    postgres.run(three, break_it)
    results = lake.failed()
    assert {name: result.status for name, result in results.items()} == {
        "person": Status.SUCCEEDED,
        "note": Status.SUCCEEDED,
        "visit": Status.FAILED,
    }
    error = results["visit"].error
    assert error is not None
    assert error.code == code
    assert words.lower() in str(error.hint).lower()
    assert none_held(postgres)
    postgres.run(three, mend_it)
    resumed = lake.run(resume=lake.project.ledger()[-1].context.run_id)
    assert [table.table.rpartition(".")[2] for table in resumed.tables] == ["visit"]
    assert lake.bronze("visit").count() == 300


def test_a_wrong_password_is_tried_once_by_a_run_of_three_tables(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(three), THREE)
    secrets(monkeypatch, "not-the-pa55word")
    before = postgres.log.count("password authentication failed")
    results = lake.failed()
    assert {result.error.code for result in results.values() if result.error} == {"HL-JDB-002"}
    assert postgres.log.count("password authentication failed") == before + 1
    secrets(monkeypatch)
    assert lake.run().status is Status.SUCCEEDED


def opened(lake: DatabaseLake) -> PostgresSource:
    """The job's source, opened beside any run."""
    job_input = load_project(lake.root).workspace("local").jobs[JOB].job_input
    assert isinstance(job_input, FullLoadInput)
    assert job_input.jdbc is not None
    return PostgresSource(lake.spark, job_input.jdbc, EnvironmentSecrets())


def test_no_secret_is_in_plans_ledger_or_errors(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str, caplog: pytest.LogCaptureFixture
) -> None:
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(three), {**THREE, "nowhere": {}})
    results = lake.failed()
    source = opened(lake)
    try:
        table = source.table("person")
        explained = str(table.frame._jdf.queryExecution()) + str(table) + repr(source)
    finally:
        source.close()
    everything = "\n".join((explained, lake.text(), caplog.text, str(results)))
    assert "JDBCRelation" in explained
    assert PASSWORDS[READER] not in everything
    assert not re.search(rf"\b{READER}\b", everything)


def test_a_reading_session_that_finds_no_room_is_tried_again(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE", (0.1,))
    source = opened(DatabaseLake.create(tmp_path, spark, postgres.url(three), THREE))
    limit = f"ALTER ROLE {READER} CONNECTION LIMIT"
    try:
        table = source.table("person")
        postgres.run("postgres", f"{limit} 1")
        with pytest.raises(HavenlakeError) as caught:
            table.read(table.frame.count)
        assert caught.value.code == "HL-JDB-005"
        monkeypatch.setattr(server, "PATIENCE", (1.0,) * 20)
        later = threading.Timer(1, postgres.run, ("postgres", f"{limit} -1"))
        later.start()
        assert table.read(table.frame.count) == 300
        later.join()
    finally:
        source.close()
        postgres.run("postgres", f"{limit} -1")


def test_a_grant_revoked_while_the_run_is_on(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str
) -> None:
    source = opened(DatabaseLake.create(tmp_path, spark, postgres.url(three), THREE))
    try:
        table, other = source.table("person"), source.table("note")
        postgres.run(three, f"REVOKE SELECT ON app.person FROM {READER}")
        with pytest.raises(HavenlakeError) as caught:
            table.read(table.frame.count)
        assert caught.value.code == "HL-JDB-004"
        assert other.read(other.frame.count) == 300
    finally:
        source.close()


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT])
def test_a_database_restarted_while_it_is_read(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str, how: signal.Signals
) -> None:
    """One table is loaded, then the server goes down under the second: its snapshot is gone for the rest."""
    slow = "SELECT id, CASE WHEN pg_sleep(0.02) IS NOT NULL THEN word END AS word FROM app.person"
    postgres.run(three, f"CREATE VIEW app.slow AS {slow}", f"GRANT SELECT ON app.slow TO {READER}")
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(three), {"slow": {}, "visit": {}})
    breaker = threading.Thread(target=restart_when_read, args=(postgres, how))
    breaker.start()
    results = lake.failed(tables=["slow"])
    breaker.join()
    error = results["slow"].error
    assert error is not None
    assert error.code == "HL-JDB-008"
    assert none_held(postgres)
    postgres.run(three, "CREATE OR REPLACE VIEW app.slow AS SELECT id, word FROM app.person")
    assert lake.run().status is Status.SUCCEEDED
    assert lake.bronze("slow").count() == 300


def restart_when_read(postgres: PostgresServer, how: signal.Signals) -> None:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'havenlake' AND wait_event = 'PgSleep'"
    until = time.monotonic() + 60
    while not postgres.run("postgres", sql)[0][0] and time.monotonic() < until:
        time.sleep(0.02)
    postgres.restart(how)


def test_a_slow_query_and_a_lapsed_snapshot(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str
) -> None:
    slow = "SELECT id, CASE WHEN pg_sleep(0.02) IS NOT NULL THEN word END AS word FROM app.person"
    postgres.run(three, f"CREATE VIEW app.slow AS {slow}", f"GRANT SELECT ON app.slow TO {READER}")
    tables: dict[str, dict[str, Any]] = {"slow": {}, "visit": {}}
    lake = DatabaseLake.create(tmp_path / "a", spark, postgres.url(three), tables, statement_timeout="2s")
    results = lake.failed()
    assert results["slow"].error is not None
    assert results["slow"].error.code == "HL-JDB-006"
    assert results["visit"].status is Status.SUCCEEDED

    lake = DatabaseLake.create(tmp_path / "b", spark, postgres.url(three), {"slow": {}}, snapshot_limit="3s")
    error = lake.failed()["slow"].error
    assert error is not None
    assert error.code == "HL-JDB-008"
    assert "snapshot_limit" in error.message


def test_the_connection_limit_is_waited_out_and_else_told(
    spark: SparkSession, postgres: PostgresServer, tmp_path: Path, three: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE", (0.2, 0.2, 0.2))
    lake = DatabaseLake.create(tmp_path, spark, postgres.url(three), {"visit": {}})
    limit = f"ALTER ROLE {READER} CONNECTION LIMIT"
    postgres.run("postgres", f"{limit} 1")  # the snapshot fits, nothing else
    try:
        error = lake.failed()["visit"].error
        assert error is not None
        assert error.code == "HL-JDB-005"
        monkeypatch.setattr(server, "PATIENCE", (1.0,) * 20)
        later = threading.Timer(2, postgres.run, ("postgres", f"{limit} -1"))
        later.start()
        assert lake.run().status is Status.SUCCEEDED
        later.join()
    finally:
        postgres.run("postgres", f"{limit} -1")
