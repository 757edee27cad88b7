"""Differences between schemas, without Spark."""

import json

import pytest

from havenlake.config.drift import ColumnDrift, DriftKind, column_drift, schema_columns, widens

BEFORE = {"id": "bigint", "name": "string", "score": "int", "born": "date"}

WIDER = [
    ("tinyint", "smallint"),
    ("tinyint", "bigint"),
    ("smallint", "int"),
    ("int", "bigint"),
    ("float", "double"),
    ("decimal(5,2)", "decimal(6,2)"),
    ("decimal(5,2)", "decimal(38,2)"),
]
OTHER = [
    ("date", "timestamp"),
    ("timestamp", "timestamp_ntz"),
    ("int", "double"),
    ("int", "decimal(10,0)"),
    ("bigint", "double"),
    ("decimal(5,2)", "decimal(9,3)"),
    ("decimal(5,2)", "double"),
    ("string", "int"),
    ("int", "string"),
    ("struct<a:int>", "struct<a:bigint>"),
    ("array<int>", "array<bigint>"),
]


@pytest.mark.parametrize(("narrow", "wide"), WIDER)
def test_a_wider_type_is_widened_and_the_way_back_narrowed(narrow, wide):
    assert widens(narrow, wide)
    assert not widens(wide, narrow)
    assert not widens(narrow, narrow)
    assert column_drift({"c": narrow}, {"c": wide}) == (ColumnDrift(DriftKind.WIDENED, "c", narrow, wide),)
    assert column_drift({"c": wide}, {"c": narrow}) == (ColumnDrift(DriftKind.NARROWED, "c", wide, narrow),)


@pytest.mark.parametrize(("before", "after"), OTHER)
def test_any_other_type_is_changed_whichever_way_it_went(before, after):
    for old, new in ((before, after), (after, before)):
        assert column_drift({"c": old}, {"c": new}) == (ColumnDrift(DriftKind.CHANGED, "c", old, new),)


def test_the_same_columns_in_another_order_are_no_drift():
    assert column_drift(BEFORE, BEFORE) == ()
    assert column_drift(BEFORE, dict(reversed(BEFORE.items()))) == ()


def test_a_name_in_another_case_is_the_same_column():
    assert column_drift(BEFORE, {"ID": "bigint", "Name": "string", "score": "int", "born": "date"}) == ()
    assert [
        d.kind for d in column_drift(BEFORE, {"id": "bigint", "name": "string", "SCORE": "bigint", "born": "date"})
    ] == [DriftKind.WIDENED]


def test_added_and_removed_columns_of_different_types_stand_alone():
    after = {"id": "bigint", "name": "string", "score": "int", "note": "string"}
    assert column_drift(BEFORE, after) == (
        ColumnDrift(DriftKind.ADDED, "note", after="string"),
        ColumnDrift(DriftKind.REMOVED, "born", "date"),
    )


@pytest.mark.parametrize(
    ("old", "new"), [("nickname", "nick_name"), ("phone", "phone_number"), ("msg", "message"), ("createdAt", "created")]
)
def test_an_alike_name_of_the_same_type_is_a_likely_renaming_wherever_it_stands(old, new):
    before = {"id": "int", old: "string", "n": "int"}
    after = {"id": "int", "n": "int", "extra": "double", new: "string"}
    assert column_drift(before, after) == (
        ColumnDrift(DriftKind.ADDED, "extra", after="double"),
        ColumnDrift(DriftKind.RENAMED, new, "string", "string", old),
    )


def test_another_name_in_the_same_place_is_a_likely_renaming_elsewhere_it_is_not():
    before = {"id": "int", "mood": "string", "n": "int"}
    in_place = {"id": "int", "sentiment": "string", "n": "int"}
    assert [d.kind for d in column_drift(before, in_place)] == [DriftKind.RENAMED]
    moved = {"id": "int", "n": "int", "sentiment": "string"}
    assert [d.kind for d in column_drift(before, moved)] == [DriftKind.ADDED, DriftKind.REMOVED]


def test_the_most_alike_names_are_paired_and_each_once():
    before = {"id": "int", "phone": "string", "phone_home": "string"}
    after = {"id": "int", "x": "int", "home_phone": "string", "phone_number": "string", "phonehome": "string"}
    found = {d.former: d.column for d in column_drift(before, after) if d.kind is DriftKind.RENAMED}
    assert found == {"phone_home": "phonehome", "phone": "home_phone"}


@pytest.mark.parametrize(
    ("drift", "sentence"),
    [
        (ColumnDrift(DriftKind.ADDED, "c", after="int"), "added c int"),
        (ColumnDrift(DriftKind.REMOVED, "c", "int"), "removed c int"),
        (ColumnDrift(DriftKind.WIDENED, "c", "int", "bigint"), "widened c: int → bigint"),
        (ColumnDrift(DriftKind.RENAMED, "c", "int", "int", "d"), "likely renamed d → c int"),
    ],
)
def test_a_drift_in_words(drift, sentence):
    assert drift.sentence == sentence


def test_types_of_a_recorded_schema_have_sparks_simple_names():
    inner = {"type": "struct", "fields": [{"name": "a", "type": "short"}, {"name": "b", "type": "string"}]}
    fields = {
        "i": "integer",
        "d": "decimal(10,2)",
        "t": "timestamp_ntz",
        "s": inner,
        "l": {"type": "array", "elementType": "byte", "containsNull": True},
        "m": {"type": "map", "keyType": "string", "valueType": inner, "valueContainsNull": True},
    }
    schema = {"type": "struct", "fields": [{"name": n, "type": t, "nullable": True} for n, t in fields.items()]}
    assert schema_columns(json.dumps(schema)) == {
        "i": "int",
        "d": "decimal(10,2)",
        "t": "timestamp_ntz",
        "s": "struct<a:smallint,b:string>",
        "l": "array<tinyint>",
        "m": "map<string,struct<a:smallint,b:string>>",
    }


@pytest.mark.parametrize("schema", ["", "{", "[]", "{}", '{"fields": [{"name": "a"}]}', '{"fields": 3}'])
def test_what_is_no_schema_is_not_known(schema):
    assert schema_columns(schema) is None
