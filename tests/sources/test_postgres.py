"""The PostgreSQL source without Spark: what is asked of a real server, and what it answers."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import DataError

from havenlake.config.base import SecretRef
from havenlake.config.jdbc import DatabaseUrl, JdbcInput
from havenlake.errors import HavenlakeError
from havenlake.sources.postgres import catalog, failures, query, server
from havenlake.sources.postgres.connections import Connections
from havenlake.sources.postgres.server import Failed, Server, patiently
from havenlake.sources.postgres.snapshot import Snapshot
from havenlake.sources.postgres.source import PostgresSource
from havenlake.sources.postgres.types import digits
from tests.postgres import PASSWORDS, READER, REPLICATED, PostgresServer

if TYPE_CHECKING:
    from psycopg import Connection


class Secrets:
    def __init__(self, password: str = PASSWORDS[READER]) -> None:
        self.password = password

    def get(self, scope: str, key: str) -> str:
        assert scope == "app"
        return {"user": READER, "password": self.password}[key]


def jdbc(url: str, **keys: Any) -> JdbcInput:
    references = {key: SecretRef(scope="app", key=key) for key in ("user", "password")}
    return JdbcInput(url=url, schema="app", **references, **keys)


def snapshot(
    url: str, *, password: str = PASSWORDS[READER], limit: float = 60, shared: bool = True, **keys: Any
) -> Snapshot:
    return Snapshot(Server.of(jdbc(url, **keys), Secrets(password)), shared=shared, limit=limit)


@contextmanager
def held(url: str, **keys: Any) -> Iterator[Snapshot]:
    found = snapshot(url, **keys)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts of milliseconds."""
    monkeypatch.setattr(server, "PATIENCE", (0.01, 0.01))


def told(found: Snapshot, table: str, *, as_text: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    """Rows as the pushed query gives them, without addresses, under the settings of a reading session."""
    relation = catalog.relation(found, "app", table)
    columns = query.carried_columns(relation, as_text)
    rows = found.query(query.pushed(relation, columns), where=f"table '{table}'")
    return [row[: len(columns)] for row in rows]


# what is carried -----------------------------------------------------------------------------------------------------


HOSTILE = (
    f"ALTER ROLE {READER} SET timezone TO 'Asia/Tokyo'",
    f"ALTER ROLE {READER} SET datestyle TO 'SQL, DMY'",
    f"ALTER ROLE {READER} SET intervalstyle TO 'sql_standard'",
    f"ALTER ROLE {READER} SET bytea_output TO 'escape'",
    f"ALTER ROLE {READER} SET extra_float_digits TO 0",
)
TEXTS = [
    ("numeric(50,10)", "1234567890123456789012345678901234567890.0123456789", None),
    ("numeric", "'NaN'", "NaN"),
    ("numeric", "1.500", "1.500"),
    ("numeric(3,-2)", "12345", "12300"),
    ("timestamp", "'2024-03-10 02:30:00.123456'", "2024-03-10 02:30:00.123456"),
    ("timestamptz", "'2024-11-03 01:30:00-04'", "2024-11-03 05:30:00Z"),
    ("date", "'1582-10-10'", "1582-10-10"),
    ("time", "'24:00:00'", "24:00:00"),
    ("timetz", "'12:34:56.789+02'", "12:34:56.789+02"),
    ("interval", "'1 year 2 days 03:04:05.6'", "1 year 2 days 03:04:05.6"),
    ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("jsonb", """'{"b": 1, "a": [1,  2.50]}'""", '{"a": [1, 2.50], "b": 1}'),
    ("json", """'{"b": 1,  "a": 1}'""", '{"b": 1,  "a": 1}'),
    ("char(5)", "'ab'", "ab   "),
    ("inet", "'10.0.0.1'", "10.0.0.1"),
    ("cidr", "'10.0.0.0/8'", "10.0.0.0/8"),
    ("bit(4)", "B'1010'", "1010"),
    ("money", "12.5", "12.50"),
    ("int4range", "'[1,5)'", "[1,5)"),
    ("tstzrange", "'[2024-01-01 00:00+00,)'", '["2024-01-01 00:00:00+00",)'),
    ("app.mood", "'so so'", "so so"),
    ("app.short", "'abc'", "abc"),
    ("text[]", """'{a,NULL,"b,c"}'""", '["a",null,"b,c"]'),
    ("int4[]", "'{}'", "[]"),
    ("float8[]", "'{0.1,NaN,-Infinity}'", '["0.1","NaN","-Infinity"]'),
    ("bytea[]", r"ARRAY['\x00ff'::bytea]", '["00ff"]'),
    ("timestamptz[]", "'{2024-01-01 00:00+09}'", '["2023-12-31 15:00:00Z"]'),
    ("app.mood[]", "'{fine}'", '["fine"]'),
]


@pytest.fixture(scope="module")
def typed(postgres: PostgresServer) -> str:
    """A database with a column for each of `TEXTS`."""
    columns = ", ".join(f"c{i} {kind}" for i, (kind, _, _) in enumerate(TEXTS))
    values = ", ".join(value for _, value, _ in TEXTS)
    name = postgres.fresh(
        "typed",
        "CREATE TYPE app.mood AS ENUM ('fine', 'so so')",
        "CREATE DOMAIN app.short AS varchar(3)",
        f"CREATE TABLE app.t (id int PRIMARY KEY, {columns})",
        f"INSERT INTO app.t VALUES (1, {values})",
        "INSERT INTO app.t VALUES (2)",
        *HOSTILE,
    )
    yield postgres.url(name)
    postgres.run("postgres", f"ALTER ROLE {READER} RESET ALL")


def test_text_means_one_thing_whatever_the_role_has_set(typed: str) -> None:
    with held(typed) as found:
        first, empty = sorted(told(found, "t"))
    for (kind, value, expected), arrived in zip(TEXTS, first[1:], strict=True):
        assert arrived == (expected or value), kind
    assert empty == (2, *[None] * len(TEXTS))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "'infinity'"),
        ("date", "'0044-03-15 BC'"),
        ("date", "'10000-01-01'"),
        ("timestamp", "'-infinity'"),
        ("timestamp", "'20240-01-01'"),
        ("timestamptz", "'infinity'"),
        ("timestamptz", "'0001-01-01 00:00:00+09'"),
        ("numeric(10,2)", "'NaN'"),
        ("int4[]", "'{{1,2},{3,4}}'"),
        ("int4[]", "'[0:1]={1,2}'"),
        ("date[]", "'{2024-01-01,infinity}'"),
    ],
)
def test_a_value_without_a_counterpart_is_refused_by_the_name_of_its_column(
    postgres: PostgresServer, kind: str, value: str
) -> None:
    url = postgres.url(
        postgres.fresh("unfit", f"CREATE TABLE app.t (id int, ended {kind})", f"INSERT INTO app.t VALUES (1, {value})")
    )
    with held(url) as found:
        relation = catalog.relation(found, "app", "t")
        columns = query.carried_columns(relation, ())
        with pytest.raises(DataError, match='"hl-unfit-1"'):
            importing(found, query.pushed(relation, columns))
        [(_, text)] = told(found, "t", as_text=("ended",))
        expected = found.query("SELECT format('%s', ended) FROM app.t", where="t")
        assert [(text,)] == expected


def test_an_unknown_type_is_refused_by_name_and_carried_when_asked_as_text(postgres: PostgresServer) -> None:
    name = postgres.fresh(
        "unknown",
        "CREATE TYPE app.pair AS (a int, b text)",
        "CREATE TABLE app.t (id int, pairs app.pair, blob oid)",
        "INSERT INTO app.t VALUES (1, (1, 'x'), 7)",
    )
    with held(postgres.url(name)) as found:
        for column, kind, rest in (("pairs", "app.pair", ()), ("blob", "oid", ("pairs",))):
            with pytest.raises(HavenlakeError, match=rf"column '{column}' has type {kind}") as caught:
                told(found, "t", as_text=rest)
            assert caught.value.code == "HL-SRC-007"
            assert f"as_text: [t.{column}]" in str(caught.value.hint)
        assert told(found, "t", as_text=("pairs", "blob")) == [(1, "(1,x)", "7")]
        with pytest.raises(HavenlakeError, match="'as_text' names column 'bth'") as caught:
            told(found, "t", as_text=("bth",))
        assert caught.value.code == "HL-CFG-011"


def test_digits_of_a_modifier_may_be_negative() -> None:
    assert digits(((50 << 16) | 10) + 4) == (50, 10)
    assert digits(((3 << 16) | (-2 & 0x7FF)) + 4) == (3, -2)


# one instant ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def accounts(postgres: PostgresServer) -> str:
    return postgres.fresh(
        "accounts",
        "CREATE TABLE app.a (id int PRIMARY KEY, amount int)",
        "INSERT INTO app.a SELECT i, 10 FROM generate_series(1, 100) i",
    )


def importing(found: Snapshot, sql: str) -> list[tuple[Any, ...]]:
    """What another session of the run sees."""
    with found.server.connect() as connection, connection.transaction():
        for statement in found.statements:
            connection.execute(statement)
        return connection.execute(sql).fetchall()


def test_every_session_sees_the_instant_of_the_first(postgres: PostgresServer, accounts: str) -> None:
    with held(postgres.url(accounts)) as found:
        _ = found.instant
        postgres.run(accounts, "UPDATE app.a SET amount = 0", "INSERT INTO app.a VALUES (101, 5)")
        assert importing(found, "SELECT sum(amount), count(*) FROM app.a") == [(1000, 100)]
        assert found.query("SELECT sum(amount) FROM app.a", where="a") == [(1000,)]
        assert "snapshot held on 127.0.0.1" in found.notes()[0]
    assert connections(postgres) == 0


def connections(postgres: PostgresServer) -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'havenlake'"
    return int(postgres.run("postgres", sql)[0][0])


def test_a_failing_statement_leaves_the_snapshot_alive(postgres: PostgresServer, accounts: str) -> None:
    with held(postgres.url(accounts)) as found:
        with pytest.raises(HavenlakeError) as caught:
            found.query("SELECT 1 FROM app.nowhere", where="table 'nowhere'")
        assert caught.value.code == "HL-JDB-003"
        found.verify("a")


def test_a_table_that_is_read_cannot_be_altered_until_the_run_ends(postgres: PostgresServer, accounts: str) -> None:
    with held(postgres.url(accounts)) as found:
        catalog.relation(found, "app", "a")
        with pytest.raises(Exception, match="lock timeout"):
            postgres.run(accounts, "SET lock_timeout TO '100ms'", "TRUNCATE app.a")
    postgres.run(accounts, "SET lock_timeout TO '5s'", "TRUNCATE app.a")


@pytest.mark.parametrize(
    "change",
    [
        "TRUNCATE app.a",
        "ALTER TABLE app.a ALTER amount TYPE bigint",
        "ALTER TABLE app.a RENAME TO old; CREATE TABLE app.a (LIKE app.old)",
    ],
)
def test_a_table_that_was_replaced_after_the_instant_is_refused_not_read_as_empty(
    postgres: PostgresServer, accounts: str, change: str
) -> None:
    with held(postgres.url(accounts)) as found:
        _ = found.instant
        postgres.run(accounts, change)
        with pytest.raises(HavenlakeError, match="truncated, rewritten or replaced") as caught:
            catalog.relation(found, "app", "a")
        assert caught.value.code == "HL-SRC-004"


def test_the_snapshot_is_let_go_at_its_limit(postgres: PostgresServer, accounts: str) -> None:
    with held(postgres.url(accounts), limit=0.2) as found:
        _ = found.instant
        assert found._timer is not None
        found._timer.join(10)
        assert connections(postgres) == 0
        with pytest.raises(HavenlakeError, match="after 0 s, its 'snapshot_limit'") as caught:
            found.verify("a")
        assert caught.value.code == "HL-JDB-008"


def test_a_restarted_server_has_lost_the_snapshot(postgres: PostgresServer, accounts: str) -> None:
    with held(postgres.url(accounts)) as found:
        _ = found.instant
        postgres.restart(signal.SIGQUIT)
        with pytest.raises(HavenlakeError) as caught:
            found.verify("a")
        assert caught.value.code == "HL-JDB-008"


def test_a_server_that_exports_no_snapshot_says_so_and_can_be_read_without(
    postgres: PostgresServer, accounts: str
) -> None:
    postgres.run(accounts, "REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC")
    with held(postgres.url(accounts)) as found:
        with pytest.raises(HavenlakeError) as caught:
            _ = found.instant
        assert caught.value.code == "HL-JDB-007"
        assert "consistent_snapshot: false" in str(caught.value.hint)
    with held(postgres.url(accounts), shared=False) as found:
        assert found.query("SELECT count(*) FROM app.a", where="a") == [(100,)]
        assert found.statements[0] == "SET TRANSACTION READ ONLY"
        assert "may not agree" in found.notes()[0]


def test_a_replica_holds_an_instant_while_it_follows_its_primary() -> None:
    primary = PostgresServer.create(*REPLICATED)
    replica = None
    try:
        name = primary.fresh("app", "CREATE TABLE app.a (id int)", "INSERT INTO app.a VALUES (1), (2)")
        replica = primary.standby()
        with held(replica.url(name)) as found:
            assert len(told(found, "a")) == 2
            primary.run(name, "INSERT INTO app.a VALUES (3)")
            until = time.monotonic() + 30
            while replica.run(name, "SELECT count(*) FROM app.a") != [(3,)]:
                assert time.monotonic() < until
                time.sleep(0.05)
            assert importing(found, "SELECT count(*) FROM app.a") == [(2,)]
            assert "(a replica)" in found.notes()[0]
    finally:
        if replica is not None:
            replica.remove()
        primary.remove()


def test_a_pooler_that_hands_out_other_servers_is_found_out(
    postgres: PostgresServer, accounts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second connection arrives at another database, whose server cannot import the snapshot."""
    other = postgres.fresh("elsewhere")
    first = Server.of(jdbc(postgres.url(accounts)), Secrets())
    second = Server.of(jdbc(postgres.url(other)), Secrets())
    targets = iter([first, second])
    connect = Server.connect

    def alternating(_: Server) -> Connection[Any]:
        return connect(next(targets))

    monkeypatch.setattr(Server, "connect", alternating)
    with pytest.raises(HavenlakeError, match="a second session does not see") as caught:
        _ = Snapshot(first, shared=True, limit=60).instant
    assert caught.value.code == "HL-JDB-007"
    assert "pooler" in str(caught.value.hint)


# bounds --------------------------------------------------------------------------------------------------------------


def ranges(found: Snapshot, table: str, most: int) -> list[list[tuple[Any, ...]]]:
    relation = catalog.relation(found, "app", table)
    columns = query.carried_columns(relation, ())
    text = query.pushed(relation, columns)
    wanted = query.predicates(relation, most=most, version=found.instant.version, shared=True)
    return [importing(found, f"SELECT c0, c1 FROM ({text}) s WHERE {condition}") for condition in wanted]


def test_skewed_and_missing_keys_are_divided_evenly_and_each_row_read_once(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "PARTITION_BYTES", 64 << 10)
    name = postgres.fresh(
        "skewed",
        # nine keys of ten are the same, one of a hundred is missing, and half of the rows have moved since
        "CREATE TABLE app.t (n int, key int)",
        "INSERT INTO app.t SELECT i, CASE WHEN i % 100 = 0 THEN NULL WHEN i % 10 = 0 THEN i ELSE 7 END"
        " FROM generate_series(1, 20000) i",
        "UPDATE app.t SET n = n WHERE n % 2 = 0",
    )
    with held(postgres.url(name)) as found:
        _ = found.instant
        postgres.run(name, "UPDATE app.t SET n = -n", "INSERT INTO app.t SELECT i, 1 FROM generate_series(1, 9999) i")
        parts = ranges(found, "t", most=4)
        read = [row for part in parts for row in part]
    assert sorted(n for n, _ in read) == list(range(1, 20001))
    assert sum(key is None for _, key in read) == 200
    assert len(parts) == 4
    # three ranges lie where rows were at the instant or before; dead versions make them differ, but none is empty
    assert max(len(part) for part in parts) < 0.6 * len(read)


def test_partitioned_tables_are_read_whole_and_views_by_one_connection(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "PARTITION_BYTES", 64 << 10)
    name = postgres.fresh(
        "parted",
        "CREATE TABLE app.t (n int, key int) PARTITION BY RANGE (n)",
        "CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES FROM (0) TO (2000)",
        "CREATE TABLE app.t2 PARTITION OF app.t FOR VALUES FROM (2000) TO (99999)",
        "INSERT INTO app.t SELECT i, i FROM generate_series(1, 10000) i",
        "CREATE VIEW app.v AS SELECT n, key FROM app.t WHERE n <= 10",
        "CREATE MATERIALIZED VIEW app.m AS SELECT n, key FROM app.t WHERE n <= 10",
    )
    with held(postgres.url(name)) as found:
        parts = ranges(found, "t", most=3)
        assert len(parts) == 3
        assert sorted(n for part in parts for n, _ in part) == list(range(1, 10001))
        for other in ("v", "m"):
            [only] = ranges(found, other, most=3)
            assert sorted(only) == [(i, i) for i in range(1, 11)]


def test_without_a_snapshot_or_on_an_old_server_one_statement_reads_a_table(
    postgres: PostgresServer, accounts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "PARTITION_BYTES", 1)
    with held(postgres.url(accounts)) as found:
        relation = catalog.relation(found, "app", "a")
    assert len(query.predicates(relation, most=4, version=150000, shared=True)) == 4
    assert query.predicates(relation, most=4, version=150000, shared=False) == ["true"]
    assert query.predicates(relation, most=4, version=130000, shared=True) == ["true"]


def test_connections_are_counted() -> None:
    connections = Connections(3)
    with connections.taken(2), connections.taken(1):
        assert connections._free == 0
    assert connections._free == 3


# what goes wrong -----------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_tried_once(postgres: PostgresServer, accounts: str) -> None:
    before = postgres.log.count("password authentication failed")
    found = snapshot(postgres.url(accounts), password="wrong-pa55word")
    for _ in range(3):  # as three tables would
        with pytest.raises(HavenlakeError) as caught:
            _ = found.instant
        assert caught.value.code == "HL-JDB-002"
        assert "wrong-pa55word" not in str(caught.value)
        assert READER not in str(caught.value)
        assert caught.value.__cause__ is None
    assert postgres.log.count("password authentication failed") == before + 1


def test_a_server_that_is_starting_is_waited_for(postgres: PostgresServer, accounts: str) -> None:
    attempts = []

    def attempt() -> int:
        attempts.append(1)
        if len(attempts) == 2:
            postgres.start()
        connection = Server.of(jdbc(postgres.url(accounts)), Secrets())._connect()
        connection.close()
        return len(attempts)

    postgres.stop()
    assert patiently(attempt, (0.01, 0.01)) == 2


@pytest.mark.usefixtures("quick")
def test_nobody_listening_is_tried_a_bounded_number_of_times() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"jdbc:postgresql://127.0.0.1:{probe.getsockname()[1]}/app"
        with pytest.raises(HavenlakeError, match="does not answer") as caught:
            _ = snapshot(url).instant
    assert caught.value.code == "HL-JDB-001"


def test_attempts_are_bounded_and_only_for_what_can_pass() -> None:
    from havenlake.sources.postgres.failures import Failure

    tried: list[bool] = []

    def failing(transient: bool) -> None:
        tried.append(transient)
        raise Failed(Failure(HavenlakeError("HL-JDB-005", "full"), transient))

    for transient, attempts in ((False, 1), (True, 4)):
        tried.clear()
        with pytest.raises(HavenlakeError, match="full"):
            patiently(lambda transient=transient: failing(transient), (0, 0, 0))  # type: ignore[misc]
        assert len(tried) == attempts


@pytest.mark.usefixtures("quick")
def test_no_connection_left(postgres: PostgresServer, accounts: str) -> None:
    postgres.run("postgres", f"ALTER ROLE {READER} CONNECTION LIMIT 0")
    try:
        with pytest.raises(HavenlakeError) as caught:
            _ = snapshot(postgres.url(accounts)).instant
    finally:
        postgres.run("postgres", f"ALTER ROLE {READER} CONNECTION LIMIT -1")
    assert caught.value.code == "HL-JDB-005"


def test_a_server_without_tls_is_not_spoken_to_in_clear(postgres: PostgresServer, accounts: str) -> None:
    with pytest.raises(HavenlakeError, match="TLS") as caught:
        _ = snapshot(postgres.url(accounts) + "?sslmode=require").instant
    assert caught.value.code == "HL-JDB-001"


def test_a_database_of_another_name(postgres: PostgresServer) -> None:
    with pytest.raises(HavenlakeError, match="no database of this name") as caught:
        _ = snapshot(postgres.url("acounts")).instant
    assert caught.value.code == "HL-JDB-001"


POLICY = f"CREATE POLICY own ON app.accounts TO {READER} USING (id < 10)"


@pytest.mark.parametrize(
    ("change", "table", "code", "words"),
    [
        ("SELECT 1", "akounts", "HL-JDB-003", "found there: "),
        (f"REVOKE SELECT ON app.accounts FROM {READER}", "accounts", "HL-JDB-004", "grant SELECT"),
        (f"REVOKE USAGE ON SCHEMA app FROM {READER}", "accounts", "HL-JDB-004", "grant SELECT"),
        (
            f"REVOKE SELECT ON app.accounts FROM {READER}; GRANT SELECT (id) ON app.accounts TO {READER}",
            "accounts",
            "HL-JDB-004",
            "column(s) amount",
        ),
        (
            f"{POLICY}; ALTER TABLE app.accounts ENABLE ROW LEVEL SECURITY",
            "accounts",
            "HL-JDB-004",
            "grant SELECT",
        ),
    ],
)
def test_what_may_not_be_read_is_refused_not_read_in_part(
    postgres: PostgresServer, change: str, table: str, code: str, words: str
) -> None:
    name = postgres.fresh(
        "forbidden", "CREATE TABLE app.accounts (id int, amount int)", "INSERT INTO app.accounts VALUES (10, 1)", change
    )
    with held(postgres.url(name)) as found:
        with pytest.raises(HavenlakeError) as caught:
            told(found, table)
        assert caught.value.code == code
        assert words in f"{caught.value.message} {caught.value.hint}"


def test_a_slow_statement_and_a_held_lock(postgres: PostgresServer, accounts: str) -> None:
    with held(postgres.url(accounts), statement_timeout=timedelta(seconds=1)) as found:
        with pytest.raises(HavenlakeError, match="took longer than 'statement_timeout'") as caught:
            found.query("SELECT pg_sleep(20)", where="table 'a'")
        assert caught.value.code == "HL-JDB-006"
        with postgres.connect(accounts) as other, other.transaction():
            other.execute("LOCK TABLE app.a IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(HavenlakeError) as caught:
                catalog.relation(found, "app", "a")
        assert caught.value.code == "HL-JDB-006"


# the address ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("jdbc:mysql://db/app", "jdbc:postgresql://host"),
        ("jdbc:postgresql://a.example:5432,b.example:5432/app", "one host"),
        ("jdbc:postgresql://db/app?PGHOST=elsewhere", "option 'PGHOST'"),
        ("jdbc:postgresql://db/app?sslmode=prefer", "in clear"),
        ("jdbc:postgresql://db/app?sslmode=maybe", "sslmode must be"),
        ("jdbc:postgresql:app", "host"),
    ],
)
def test_addresses_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DatabaseUrl.parse(url)
    with pytest.raises(ValueError, match=words):
        jdbc(url)


def test_rows_cross_a_network_under_tls_only() -> None:
    assert DatabaseUrl.parse("jdbc:postgresql://db.example/app").sslmode == "require"
    assert DatabaseUrl.parse("jdbc:postgresql://localhost/app").sslmode == "disable"
    assert (
        DatabaseUrl.parse("jdbc:postgresql://db/app?sslmode=verify-full&sslrootcert=/ca.pem").sslrootcert == "/ca.pem"
    )
    assert DatabaseUrl.parse("jdbc:postgresql://[::1]:5433/my%20db").database_name == "my db"


@pytest.mark.parametrize(
    ("words", "code", "transient"),
    [
        ("FATAL: too many connections for role", "HL-JDB-005", True),
        ("FATAL: remaining connection slots are reserved", "HL-JDB-005", True),
        ("FATAL: the database system is starting up", "HL-JDB-001", True),
        ("ERROR: could not import the requested snapshot", "HL-JDB-008", False),
        ("ERROR: canceling statement due to statement timeout", "HL-JDB-006", False),
        ("ERROR: canceling statement due to conflict with recovery", "HL-JDB-008", False),
        ("ERROR: permission denied for table visit", "HL-JDB-004", False),
        ("FATAL: terminating connection due to administrator command", "HL-JDB-008", False),
        ("An I/O error occurred while sending to the backend.", "HL-JDB-008", False),
        ('ERROR: column "gone" does not exist', "HL-SRC-004", False),
        ("FEHLER: irgendetwas mit jess@example.org", "HL-JDB-010", False),
        ('ERROR: invalid input syntax for type numeric: "hl-unfit-1"', "HL-JDB-009", False),
    ],
)
def test_what_the_reader_says_is_told_by_code_and_never_repeated(words: str, code: str, transient: bool) -> None:
    text = f"Job aborted due to stage failure: org.postgresql.util.PSQLException: {words}\n\tat java.lang.Thread.run"
    found = failures.reading(text, "table 'visit'", ["id", "ended"])
    assert found is not None
    assert (found.error.code, found.transient) == (code, transient)
    assert "jess" not in str(found.error)
    assert failures.reading("java.lang.OutOfMemoryError: permission denied", "table 'visit'", []) is None


def test_a_schema_says_by_its_comment_that_its_rows_are_invented(postgres: PostgresServer, accounts: str) -> None:
    def opened() -> PostgresSource:
        return PostgresSource(None, jdbc(postgres.url(accounts)), Secrets())  # type: ignore[arg-type]

    for comment, marked in (("", False), ("not SYNTHETIC", False), ("SYNTHETIC rows only", True)):
        postgres.run(accounts, f"COMMENT ON SCHEMA app IS '{comment}'")
        source = opened()
        try:
            assert (source.not_synthetic() is None) is marked
        finally:
            source.close()
    assert connections(postgres) == 0
