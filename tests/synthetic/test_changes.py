"""Days of changes, returns and drift, compared row by row with a plain diff of the snapshots."""

from __future__ import annotations

from functools import cache

import pytest

from havenlake.records import RowCounts
from havenlake.synthetic import TABLES, PlatformDatabase, changes

_DATABASE = PlatformDatabase(10_000, country="eu")
_UNCHANGED = ("reporting_question", "content_resource", "responder")


@cache
def _snapshot(table, day):
    return {row["id"]: row for row in _DATABASE.table(table, day).to_pylist()}


def _diff(table, day):
    """Counts by looking at the rows alone; a row that was there on an earlier day and comes back has returned."""
    before, after = _snapshot(table, day - 1), _snapshot(table, day)
    ever = set().union(*(_snapshot(table, d) for d in range(day)))
    new = after.keys() - before.keys()
    padded = {i: {**dict.fromkeys(after[i]), **before[i]} for i in after.keys() & before.keys()}
    updated = sum(after[i] != row for i, row in padded.items())
    return RowCounts(
        read=len(after),
        inserted=len(new - ever),
        updated=updated,
        deleted=len(before.keys() - after.keys()),
        returned=len(new & ever),
        unchanged=len(padded) - updated,
    )


@pytest.mark.parametrize("day", range(1, 8))
def test_counts_equal_the_difference_of_the_snapshots(day):
    stated = changes(_DATABASE, day)
    assert {table: _diff(table, day) for table in TABLES} == stated


def test_day_0_is_all_new():
    assert changes(_DATABASE, 0)["message"] == RowCounts(read=10_000, inserted=10_000)


def test_day_1_is_a_realistic_day():
    counts = changes(_DATABASE, 1)
    assert 95 <= counts["message"].updated <= 100
    assert 50 <= counts["message"].inserted <= 53
    assert counts["message"].deleted == 10
    assert all(counts[table].changed == 0 for table in _UNCHANGED)
    assert all(counts[table].changed > 0 for table in set(TABLES) - set(_UNCHANGED))
    inserted = _DATABASE.changed_ids("message", 1).inserted
    assert 0 < sum(inserted < 10_000) <= 3
    assert sum(inserted > 10_000) >= 50


def test_an_unchanged_table_is_exported_identically():
    for table in _UNCHANGED:
        assert _DATABASE.table(table, 1).equals(_DATABASE.table(table, 0))


def test_edits_change_texts_and_times():
    edited = _DATABASE.changed_ids("message", 1).updated.tolist()
    before, after = _snapshot("message", 0), _snapshot("message", 1)
    assert all(after[i]["updated_at"] > before[i]["updated_at"] for i in edited)
    assert sum(after[i]["message"] != before[i]["message"] for i in edited) > len(edited) // 4
    assert all(after[i]["conversation_id"] == before[i]["conversation_id"] for i in edited)


def test_some_deleted_rows_return_on_day_2_and_some_of_them_edited():
    deleted = set(_DATABASE.changed_ids("message", 1).deleted.tolist())
    returned = set(_DATABASE.changed_ids("message", 2).returned.tolist())
    assert returned < deleted
    original, now = _snapshot("message", 0), _snapshot("message", 2)
    edited = {i for i in returned if now[i] != original[i]}
    assert 0 < len(edited) < len(returned)
    assert changes(_DATABASE, 2)["message"].changed == len(returned)


def test_columns_appear_on_day_3_and_hold_values_for_the_newest_rows():
    assert "sentiment" not in _DATABASE.schema("message", 2).names
    assert _DATABASE.schema("message", 3).names[-1] == "sentiment"
    assert _DATABASE.schema("conversation", 3).names[-1] == "wait_seconds"
    assert all(_DATABASE.schema(t, 3) == _DATABASE.schema(t) for t in set(TABLES) - {"message", "conversation"})
    for table, column in (("message", "sentiment"), ("conversation", "wait_seconds")):
        filled = [i for i, row in _snapshot(table, 3).items() if row[column] is not None]
        assert filled == _DATABASE.changed_ids(table, 3).updated.tolist()
        share = len(filled) / len(_snapshot(table, 3))
        assert 0.08 < share < 0.13


def test_new_rows_belong_to_somebody_unless_their_conversation_was_deleted():
    conversations = {**_snapshot("conversation", 0), **_snapshot("conversation", 1)}
    for i in _DATABASE.changed_ids("message", 1).inserted.tolist():
        assert _snapshot("message", 1)[i]["conversation_id"] in conversations


def test_small_tables_are_never_sharply_shrunk():
    for messages in (1, 10, 100, 1_000):
        for table, counts in changes(PlatformDatabase(messages), 1).items():
            before = PlatformDatabase(messages).count(table)
            assert counts.read >= 0.9 * before, (messages, table)
