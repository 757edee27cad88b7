"""Scrubbing on frames: what reaches the scrubber, what comes out, and what happens without one."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from havenlake.privacy import Binding, Keyring
from havenlake.transforms import encrypt_columns, scrub_columns, values_present
from tests.transforms.conftest import code_of, plan, scrubber

pytestmark = pytest.mark.engines

MESSAGES = """
select * from values (1L, 'im jess', 'en', 'US', 'c1'), (2L, null, 'fr', 'CA', 'c1'), (3L, '', null, null, null),
  (4L, 'ça va 😀', 'fr', 'CA', 'c2') as t(id, `Mess.age`, lang, country, conversation)
"""


def test_values_and_routes_reach_the_scrubber(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    sealed = spark.sql(MESSAGES).transform(encrypt_columns(["Mess.age"], ring, binding))
    by_column = scrub_columns(
        ["Mess.age"],
        scrubber("recorder"),
        ring,
        binding,
        languages="lang",
        countries="country",
        conversations="conversation",
    )
    out = sealed.transform(by_column)
    assert out.columns == sealed.columns
    assert out.schema["Mess.age"].dataType == T.StringType()
    assert [row[1] for row in out.orderBy("id").collect()] == [
        "im jess|en|US|c1",
        None,
        "|None|None|None",
        "ça va 😀|fr|CA|c2",
    ]
    fixed = scrub_columns(["Mess.age"], scrubber("recorder"), ring, binding, languages=["en", "fr"], countries=["us"])
    assert sealed.transform(fixed).orderBy("id").first()[1] == "im jess|('en', 'fr')|('us',)|None"


def test_unmasked_bytes_come_out_as_they_were(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select 1 as id, cast(unhex('61FF00EDA08062') as string) as message")
    scrub = scrub_columns(["message"], scrubber("same"), ring, binding)
    out = df.transform(encrypt_columns(["message"], ring, binding)).transform(scrub)
    assert out.selectExpr("hex(cast(message as binary))").first()[0] == "61FF00EDA08062"


def test_clear_columns_and_other_types(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql("select 1 as id, 'a' as message, array('x') as notes, 7 as n")
    out = df.transform(
        scrub_columns(["message", "notes", "n"], scrubber("same"), ring, binding, clear=["message", "notes", "n"])
    )
    assert out.first()[1:] == ("a", '["x"]', "7")


def test_without_a_scrubber_values_become_null_and_are_counted(
    spark: SparkSession, ring: Keyring, binding: Binding
) -> None:
    df = spark.sql(MESSAGES)
    assert df.agg(values_present(["Mess.age", "lang"])).first()[0] == 6
    out = df.transform(scrub_columns(["Mess.age"], None, ring, binding))
    assert {row[1] for row in out.collect()} == {None}
    assert out.schema["Mess.age"].dataType == T.StringType()
    assert "ArrowEvalPython" not in plan(out)


def test_a_scrubber_that_loses_rows_fails_the_load(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql(MESSAGES)
    with pytest.raises(Exception, match="0 results for 3 texts"):
        df.coalesce(1).transform(
            scrub_columns(["Mess.age"], scrubber("short"), ring, binding, clear=["Mess.age"])
        ).collect()


def test_what_is_missing_is_named(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    df = spark.sql(MESSAGES)
    unknown = scrub_columns(["Mess.age"], scrubber("same"), ring, binding, languages="language", clear=["Mess.age"])
    assert code_of(lambda: df.transform(unknown)) == "HL-TBL-004"
    assert code_of(lambda: df.transform(scrub_columns(["note"], None, ring, binding))) == "HL-TBL-004"
    clear = scrub_columns(["Mess.age"], scrubber("same"), ring, binding, types={"Mess.age": T.StringType()})
    assert code_of(lambda: df.transform(clear)) == "HL-KEY-007"


TOLD = """
select id, concat_ws(' ', text) as message, conversation from values
  (1L, array('ok sarah'), 'b'), (2L, array('im sarah'), 'b'), (3L, array('bye'), 'a'), (4L, array('sarah'), 'a'),
  (5L, array('sarah'), cast(null as string)), (6L, array(cast(null as string)), 'b')
  as t(id, text, conversation)
"""


def test_a_conversation_is_scrubbed_whole_and_told_of(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    from havenlake.privacy import Scrubber

    rows = spark.sql(TOLD).repartition(3, "id").transform(encrypt_columns(["message"], ring, binding))
    scrub = scrub_columns(["message"], Scrubber.load(), ring, binding, conversations="conversation", audit="_scrub")
    out = {row["id"]: row for row in rows.transform(scrub).collect()}
    assert {i: row["message"] for i, row in out.items() if i < 4} == {1: "ok <PERSON>", 2: "im <PERSON>", 3: "bye"}
    assert [out[i]["_scrub"]["conversation"] for i in (1, 3, 5)] == ["b", "a", None]
    assert out[2]["_scrub"]["entities"] == {"PERSON": 1}
    assert {row["_scrub"]["fingerprint"] for row in out.values()} == {Scrubber.load().fingerprint}
    assert {row["_scrub"]["failed"] for row in out.values()} == {0}


def test_what_crosses_the_exchange_is_sealed(spark: SparkSession, ring: Keyring, binding: Binding) -> None:
    rows = spark.sql(TOLD).transform(encrypt_columns(["message"], ring, binding))
    out = rows.transform(scrub_columns(["message"], scrubber("same"), ring, binding, conversations="conversation"))
    shown = plan(out)
    assert shown.count("Exchange hashpartitioning") == 1
    above, below = shown.split("Exchange hashpartitioning")
    assert "scrub(" in above
    assert "scrub(" not in below
