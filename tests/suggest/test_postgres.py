"""Drafts of a real PostgreSQL database."""

import psycopg
import pytest

from havenlake.errors import HavenlakeError
from havenlake.suggest import asset_text, draft
from havenlake.suggest.postgres import PostgresTables, Server
from tests.suggest.drafts import TODAY, loaded

TABLES = """
CREATE SCHEMA shop;
SET search_path = shop;
CREATE TYPE mood AS ENUM ('fine', 'bad');
CREATE DOMAIN short AS text;
CREATE TABLE texter (
    id bigint PRIMARY KEY, telefon text, land char(2), sprache text, geburtsdatum date, stimmung mood,
    ip inet, extra jsonb, picture bytea, tags text[], scores int[], joined timestamptz, place point, nick short);
INSERT INTO texter SELECT i, '+49 30 ' || 1000000 + i, 'DE', 'de', '1980-01-01', 'fine', '10.0.0.1', '{"a": 1}',
    '\\x00', '{sleep,grief}', '{1,2}', now(), '(1,2)', 'Anna' || i FROM generate_series(1, 5000) i;
CREATE TABLE conversation (
    year int, nr int, texter_id bigint REFERENCES texter, notizen text, PRIMARY KEY (year, nr));
INSERT INTO conversation SELECT 2024, i, i, 'Ruft oft an und schreibt lieber am Abend als am Morgen ' || i
    FROM generate_series(1, 300) i;
CREATE TABLE message (
    key uuid NOT NULL UNIQUE, year int, nr int, "Odd ""Name" text, FOREIGN KEY (year, nr) REFERENCES conversation);
INSERT INTO message SELECT gen_random_uuid(), 2024, i, 'Secretword' || i FROM generate_series(1, 300) i;
CREATE TABLE login (email text PRIMARY KEY);
CREATE TABLE nothing (id int PRIMARY KEY, x text);
CREATE TABLE heap (id int, v int);
INSERT INTO heap SELECT i, i % 3 FROM generate_series(1, 100) i;
CREATE VIEW recent AS SELECT id, telefon FROM texter WHERE id < 50;
CREATE TABLE by_month (id int, month int, PRIMARY KEY (id, month)) PARTITION BY LIST (month);
CREATE TABLE by_month_1 PARTITION OF by_month FOR VALUES IN (1);
INSERT INTO by_month SELECT i, 1 FROM generate_series(1, 50) i;
ANALYZE;
CREATE ROLE reader LOGIN PASSWORD 'a-reader-password';
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
REVOKE SELECT ON heap FROM reader;
"""


@pytest.fixture(scope="module")
def server(database):
    database.execute(TABLES)
    return Server.of_url(database.url, database.user, database.password)


@pytest.fixture(scope="module")
def found(server):
    return draft(PostgresTables(server, "shop", rows=200), today=TODAY)


@pytest.fixture(scope="module")
def assets(found, tmp_path_factory):
    return loaded(found, tmp_path_factory.mktemp("project"))


def test_keys_come_from_the_database(found, assets):
    assert assets["texter"].identity == ("id",)
    assert assets["conversation"].identity == ("year", "nr")
    assert assets["message"].identity == ("key",)
    assert assets["heap"].identity == ("id",)
    assert assets["by_month"].identity == ("id", "month")
    assert assets["recent"].identity == ("id",)
    assert assets["nothing"].identity == ("id",)
    refused = {table.name: table.refused for table in found.refused}
    assert set(refused) == {"login"}
    assert "rests in clear" in refused["login"]


def test_columns_are_judged_by_name_type_and_values(assets):
    texter = assets["texter"]
    assert {"telefon", "geburtsdatum", "ip", "extra", "picture", "scores", "place", "nick"} == set(texter.encrypted)
    assert texter.tokens == ("telefon",)
    assert dict(texter.columns) == {"stimmung": "clear", "tags": "clear"}
    assert assets["conversation"].scrubbing == ("notizen",)
    assert assets["message"].encrypted == ('Odd "Name',)
    assert assets["nothing"].encrypted == ("x",)


def test_contexts_follow_foreign_keys_through_whole_keys(assets):
    assert (assets["texter"].context.country, assets["texter"].context.language) == ("land", "sprache")
    assert dict(assets["conversation"].context.on) == {"texter_id": "id"}
    assert assets["message"].context.via == "conversation"
    assert dict(assets["message"].context.on) == {"year": "year", "nr": "nr"}


def test_no_value_stands_in_the_file(found):
    text = asset_text(found)
    assert "Secretword" not in text
    assert "+49" not in text


def test_a_sample_is_bounded_and_taken_all_over_a_large_table(server):
    texter = PostgresTables(server, "shop", rows=100).read("texter")
    assert texter.rows == 100
    ids = sorted(int(value) for value in texter.column("id").values)
    assert ids[-1] > 100


def test_nothing_can_be_written_through_a_connection(server):
    with server.connect() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE shop.x (id int)")


def test_a_table_without_a_grant_is_told_and_the_others_go_on(database):
    reader = Server.of_url(database.url, "reader", "a-reader-password")
    found = draft(PostgresTables(reader, "shop", rows=50), ["texter", "heap", "absent"], today=TODAY)
    assert [table.name for table in found.tables] == ["texter"]
    assert [(e.code, "42501" in str(e)) for e in found.failures] == [("HL-SUG-003", True), ("HL-SRC-001", False)]
    assert "GRANT" in str(found.failures[0]).upper()


def test_a_slow_statement_is_ended(server, database):
    database.execute("CREATE OR REPLACE VIEW shop.slow AS SELECT 1 AS id, pg_sleep(20)::text AS x")
    with pytest.raises(HavenlakeError, match=r"HL-SUG-003 .*57014") as caught:
        PostgresTables(server, "shop", statement_seconds=1).read("slow")
    assert "too long" in str(caught.value.hint)
    database.execute("DROP VIEW shop.slow")


def test_wrong_logins_and_places_are_told_without_a_secret(database):
    wrong = Server.of_url(database.url, "havenlake", "not-the-password")
    assert "not-the-password" not in repr(wrong)
    with pytest.raises(HavenlakeError, match="HL-SUG-003") as caught:
        PostgresTables(wrong).names()
    assert "refused user or password" in str(caught.value)
    assert "not-the-password" not in str(caught.value)
    nowhere = Server("127.0.0.1", 1, "x", user="a", password="b")
    with pytest.raises(HavenlakeError, match="no connection"):
        PostgresTables(nowhere).names()
    other = Server.of_url(database.url.replace("/postgres", "/absent"), database.user, database.password)
    with pytest.raises(HavenlakeError, match="no such database"):
        PostgresTables(other).names()
    with pytest.raises(HavenlakeError, match="HL-SRC-001"):
        PostgresTables(Server.of_url(database.url, database.user, database.password), "absent").names()


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://h/d",
        "jdbc:postgresql://h",
        "jdbc:postgresql://u:secretword@h/d",
        "jdbc:postgresql://h/d?password=secretword",
        "jdbc:postgresql://h/d?sslfactory=x",
    ],
)
def test_addresses_that_cannot_be_used(url):
    with pytest.raises(HavenlakeError, match="HL-CFG-004") as caught:
        Server.of_url(url)
    assert "secretword" not in str(caught.value)


def test_the_parts_of_an_address():
    server = Server.of_url("jdbc:postgresql://db.example.org:6432/my%20db?sslmode=verify-full&ApplicationName=x")
    assert (server.host, server.port, server.database) == ("db.example.org", 6432, "my db")
    assert server.options == (("sslmode", "verify-full"),)
