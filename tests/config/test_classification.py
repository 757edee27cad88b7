"""Classification fails closed: every combination of rule and type, and the two views of bronze and silver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havenlake.config import Asset
from havenlake.config.classification import (
    bronze_columns,
    bronze_encrypted,
    can_carry_text,
    classify,
    missing_declared,
    silver_columns,
    unclassified,
)

TEXT_TYPES = [
    "string",
    "char(3)",
    "varchar(40)",
    "binary",
    "variant",
    "array<string>",
    "array<int>",
    "map<string,int>",
    "struct<a:int>",
    "geometry(0)",
    "object",
]
OTHER_TYPES = [
    "bigint",
    "int",
    "smallint",
    "tinyint",
    "double",
    "float",
    "boolean",
    "date",
    "timestamp",
    "timestamp_ntz",
    "decimal(5,2)",
    "void",
    "interval day to second",
]

ASSET = Asset(
    identity=("id",),
    encrypted=("phone",),
    scrubbing=("notes", "value", "message"),
    md5_checksum=("status",),
    clear_in_bronze=("value",),
    columns={"kind": "clear", "body": "scrub", "email": "encrypt", "junk": "drop", "message": "encrypt"},
    context={"country": "country_code"},
    tokens=("phone",),
)
COLUMNS = {
    "id": "bigint",
    "phone": "string",
    "notes": "string",
    "value": "string",
    "message": "string",
    "status": "string",
    "kind": "string",
    "body": "string",
    "email": "string",
    "junk": "string",
    "country_code": "string",
    "new_text": "string",
    "new_number": "int",
}


@pytest.mark.parametrize("type_name", TEXT_TYPES)
def test_types_that_can_carry_text(type_name):
    assert can_carry_text(type_name)


@pytest.mark.parametrize("type_name", OTHER_TYPES)
def test_types_that_cannot(type_name):
    assert not can_carry_text(type_name)


def test_every_rule():
    found = classify(ASSET, COLUMNS)
    assert found.clear == ("id", "status", "kind", "country_code", "new_number")
    assert found.encrypted == ("phone", "email")
    assert found.scrubbed == ("notes", "value", "message", "body")
    assert found.held_back == ("new_text",)
    assert found.dropped == ("junk",)
    assert found.tokens == ("phone",)


def test_bronze_seals_what_is_sensitive_or_unknown():
    assert bronze_encrypted(ASSET, COLUMNS) == ("phone", "notes", "message", "body", "email", "new_text")
    found = bronze_columns(ASSET, COLUMNS)
    assert found.clear == ("id", "value", "status", "kind", "country_code", "new_number")
    assert found.dropped == ("junk",)


def test_silver_shows_no_unknown_text():
    found = silver_columns(ASSET, COLUMNS)
    assert found.clear == ("id", "status", "kind", "country_code", "new_number")
    assert found.ciphertext == ("phone", "email")
    assert found.scrubbed == ("notes", "value", "message", "body")
    assert found.held_back == ("new_text",)


def test_names_are_case_sensitive():
    assert classify(ASSET, {"Phone": "string"}).held_back == ("Phone",)
    assert missing_declared(ASSET, {**COLUMNS, "ID": "bigint"}) == ()
    assert missing_declared(ASSET, {k: v for k, v in COLUMNS.items() if k not in ("notes", "junk")}) == ("notes",)


def test_unclassified_columns_are_listed():
    assert unclassified(ASSET, COLUMNS) == ("new_text", "new_number")


def test_a_context_through_another_asset_names_only_the_joined_column():
    asset = Asset(
        identity=("id",),
        context={"via": "conversation", "on": {"conversation_id": "id"}, "country": "country_code"},
    )
    columns = {"id": "int", "conversation_id": "string", "country_code": "string"}
    assert classify(asset, columns).held_back == ("country_code",)


@given(st.dictionaries(st.sampled_from([*COLUMNS, "x", "y"]), st.sampled_from([*TEXT_TYPES, *OTHER_TYPES])))
def test_each_column_has_exactly_one_fate_and_no_sensitive_one_is_clear(columns):
    found = classify(ASSET, columns)
    groups = (found.clear, found.encrypted, found.scrubbed, found.held_back, found.dropped)
    assert sorted(c for group in groups for c in group) == sorted(columns)
    bronze = bronze_columns(ASSET, columns)
    assert sorted((*bronze.clear, *bronze.encrypted, *bronze.dropped)) == sorted(columns)
    assert not {"phone", "email", "notes", "message", "body"} & {*found.clear, *bronze.clear}
    for column in {"x", "y"} & set(columns):
        sealed = can_carry_text(columns[column])
        assert (column in bronze.encrypted) == sealed
        assert (column in found.held_back) == sealed
