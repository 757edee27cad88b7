"""Differences of recorded schemas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havenlake.reports.schemas import SchemaDiff, columns, diff
from tests.reports.ledgers import schema

TYPES = st.sampled_from(["string", "long", "timestamp", "decimal(10,2)"])
SCHEMAS = st.dictionaries(st.text(min_size=1), TYPES, max_size=6)


@given(SCHEMAS, SCHEMAS)
def test_diff_is_exactly_the_difference_of_the_columns(before, after):
    found = diff(schema(**before), schema(**after))
    assert found is not None
    assert set(found.added) == {f"{n} {t}" for n, t in after.items() if n not in before}
    assert set(found.removed) == {f"{n} {t}" for n, t in before.items() if n not in after}
    assert set(found.changed) == {(n, before[n], t) for n, t in after.items() if n in before and before[n] != t}
    assert bool(found) == (before != after)


def test_nested_changes_are_named_by_path():
    inner = {"type": "struct", "fields": [{"name": "zip", "type": "long"}]}
    other = {"type": "struct", "fields": [{"name": "zip", "type": "string"}, {"name": "city", "type": "string"}]}
    array = {"type": "array", "elementType": inner, "containsNull": True}
    wider = {"type": "array", "elementType": other, "containsNull": True}
    mapped = {"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True}
    found = diff(schema(homes=array), schema(homes=wider, scores=mapped))
    assert found == SchemaDiff(
        added=("homes[].city string", "scores map", "scores{key} string", "scores{value} long"),
        changed=(("homes[].zip", "long", "string"),),
    )
    assert found.lines[-1] == "changed homes[].zip: long → string"


@pytest.mark.parametrize("unreadable", ["", "{", "null", "[]", '{"type": "struct"}', '{"fields": [1]}'])
def test_what_is_no_schema_is_unknown(unreadable):
    assert columns(unreadable) is None
    assert diff(unreadable, schema(id="long")) is None
    assert diff(schema(id="long"), unreadable) is None
