"""Shape of the database: sizes, types, skew, texts, languages, and that every foreign key finds its row."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from statistics import median

import pyarrow as pa
import pytest

from havenlake.errors import HavenlakeError
from havenlake.synthetic import TABLES, PlatformDatabase
from havenlake.synthetic.schemas import schema


@cache
def _rows(table, messages=20_000, country="us", day=0):
    return PlatformDatabase(messages, country=country).table(table, day).to_pylist()


@pytest.mark.parametrize("messages", [1, 2, 7, 100, 10_000])
def test_sizes_follow_the_number_of_messages(messages):
    database = PlatformDatabase(messages)
    sizes = {table: database.table(table).num_rows for table in TABLES}
    assert sizes == {table: database.count(table) for table in TABLES}
    assert sizes["message"] == messages
    assert sizes["conversation"] == max(1, messages // 20)
    assert sizes["texter"] == max(1, messages // 40)
    assert sizes["responder"] == max(5, messages // 2000)
    assert sizes["reporting_question"] == 24
    assert sizes["content_resource"] == 60


def test_types_are_exactly_the_declared_ones():
    database = PlatformDatabase(200)
    for table in TABLES:
        assert database.table(table).schema.equals(schema(table)), table
    assert schema("reporting_log").field("score").type == pa.decimal128(5, 2)
    assert schema("conversation").field("tags").type == pa.list_(pa.string())
    assert schema("message").field("timestamp").type == pa.timestamp("us", "UTC")


@pytest.mark.parametrize(("messages", "country"), [(1, "us"), (30, "eu"), (20_000, "us"), (4_000, "ca")])
def test_every_foreign_key_finds_its_row(messages, country):
    ids = {table: {row["id"] for row in _rows(table, messages, country)} for table in TABLES}
    references = {
        ("conversation", "texter_id"): "texter",
        ("conversation", "responder_id"): "responder",
        ("conversation", "shift_id"): "shift",
        ("message", "conversation_id"): "conversation",
        ("reporting_log", "conversation_id"): "conversation",
        ("reporting_log", "responder_id"): "responder",
        ("reporting_log_value", "reporting_log_id"): "reporting_log",
        ("reporting_log_value", "question_id"): "reporting_question",
        ("shift", "responder_id"): "responder",
    }
    for (table, column), other in references.items():
        assert {row[column] for row in _rows(table, messages, country)} <= ids[other], (table, column)
    for row in _rows("message", messages, country):
        actors = {"texter": ids["texter"], "responder": ids["responder"], "system": {None}}[row["type"]]
        assert row["actor_id"] in actors


def test_keys_are_unique_and_rows_agree_with_each_other():
    conversations = {row["id"]: row for row in _rows("conversation")}
    texters = {row["id"]: row for row in _rows("texter")}
    shifts = {row["id"]: row for row in _rows("shift")}
    assert len(conversations) == 1_000
    for row in conversations.values():
        texter = texters[row["texter_id"]]
        assert (row["country_code"], row["language"]) == (texter["country_code"], texter["language"])
        assert row["responder_id"] == shifts[row["shift_id"]]["responder_id"]
        assert texter["created_at"] < row["started_at"]
    for row in _rows("message"):
        talk = conversations[row["conversation_id"]]
        assert row["timestamp"] > talk["started_at"]
        assert talk["ended_at"] is None or row["timestamp"] < talk["ended_at"]
        if row["type"] != "system":
            assert row["actor_id"] == talk[f"{row['type']}_id"]


def test_conversation_lengths_are_skewed():
    lengths = sorted(Counter(row["conversation_id"] for row in _rows("message")).values())
    assert sum(n >= 500 for n in lengths) >= 2
    assert median(lengths) <= 12
    assert sum(n <= 3 for n in lengths) > 50


def test_texts_are_like_short_messages():
    texts = [row["message"] for row in _rows("message")]
    present = [t for t in texts if t is not None]
    lengths = [len(t) for t in present]
    assert 20 <= len(texts) - len(present) <= 120
    assert 100 <= lengths.count(0) <= 320
    assert 40 <= median(lengths) <= 75
    assert sum(1 <= len(t.split()) <= 5 for t in present) > 0.25 * len(present)
    assert 2 <= sum(n >= 2_000 for n in lengths) <= 30
    assert max(lengths) <= 20_000


@pytest.mark.parametrize(
    "pattern", ["\u0301", "\u200f", "\r\n", "[^\r]\n", '"', ",", "[\U0001f300-\U0001faff]", "\u200d", "  "]
)
def test_unusual_characters_occur(pattern):
    assert any(re.search(pattern, row["message"] or "") for row in _rows("message"))


def test_both_normal_forms_occur():
    texts = [row["message"] for row in _rows("message") if row["message"] and not row["message"].isascii()]
    assert any(unicodedata.normalize("NFC", t) != t for t in texts)
    assert any(unicodedata.normalize("NFD", t) != t for t in texts)


@pytest.mark.parametrize(
    ("country", "languages", "countries"),
    [
        ("us", {"en", "es"}, {"US"}),
        ("ca", {"en", "fr"}, {"CA"}),
        ("eu", {"en", "de", "es", "fr"}, {"IE", "DE", "ES", "FR"}),
    ],
)
def test_languages_and_countries_are_the_instances_own(country, languages, countries):
    rows = _rows("texter", 8_000, country)
    assert {row["language"] for row in rows} == languages
    assert {row["country_code"] for row in rows} == countries
    assert {row["country_code"] for row in _rows("responder", 8_000, country)} <= countries


def test_languages_can_be_chosen():
    database = PlatformDatabase(4_000, country="eu", languages=("de",))
    assert set(database.table("texter")["language"].to_pylist()) == {"de"}


@pytest.mark.parametrize(
    "arguments",
    [{"messages": 0}, {"country": "atlantis"}, {"languages": ("tlh",)}, {"languages": ()}],
)
def test_arguments_that_make_no_sense_are_refused(arguments):
    with pytest.raises(HavenlakeError, match="synthetic database") as raised:
        PlatformDatabase(**arguments)
    assert raised.value.code == "HL-CFG-004"
    assert next(iter(arguments)) in raised.value.message


def test_unknown_tables_and_days_are_refused():
    database = PlatformDatabase(10)
    for call in (lambda: database.table("texters"), lambda: database.table("texter", -1), lambda: database.count("x")):
        with pytest.raises(HavenlakeError, match="HL-CFG-004"):
            call()
