"""The text of the MERGE: every name quoted, keys null-safe, deletions kept apart."""

from __future__ import annotations

from havenlake.tables.merge import OP, KeyRange, merge_sql


def test_every_name_is_quoted_and_keys_are_null_safe() -> None:
    text = merge_sql(
        "delta.`/a b`", "`staged`", identity=("a.b", "key`tick"), columns=("a.b", "key`tick", "ü"), on_delete="delete"
    )
    names = "`a.b`, `key``tick`, `ü`"
    assert text.splitlines() == [
        "MERGE INTO delta.`/a b` t USING `staged` s ON t.`a.b` <=> s.`a.b` AND t.`key``tick` <=> s.`key``tick`",
        f"WHEN MATCHED AND s.{OP} = 'D' THEN DELETE",
        "WHEN MATCHED THEN UPDATE SET t.`a.b` = s.`a.b`, t.`key``tick` = s.`key``tick`, t.`ü` = s.`ü`",
        f"WHEN NOT MATCHED AND s.{OP} <> 'D' THEN INSERT ({names}) VALUES (s.`a.b`, s.`key``tick`, s.`ü`)",
    ]


def test_a_soft_delete_writes_three_columns_and_keeps_the_payload() -> None:
    text = merge_sql("t", "s", identity=("id",), columns=("id", "x"), on_delete="soft_delete")
    assert (
        f"WHEN MATCHED AND s.{OP} = 'D' THEN UPDATE SET t.`_deleted_at` = s.`_deleted_at`, "
        "t.`_loaded_at` = s.`_loaded_at`, t.`_run_id` = s.`_run_id`\n"
    ) in text


def test_columns_the_source_lost_become_null_in_updated_rows_only() -> None:
    text = merge_sql("t", "s", identity=("id",), columns=("id",), on_delete="delete", absent=("old.one",))
    update, insert = text.splitlines()[-2:]
    assert update == "WHEN MATCHED THEN UPDATE SET t.`id` = s.`id`, t.`old.one` = NULL"
    assert "old.one" not in insert


def test_the_range_bounds_the_target_side_only() -> None:
    bound = KeyRange("my id", -(2**63), 5)
    text = merge_sql("t", "s", identity=("my id",), columns=("my id",), on_delete="delete", key_range=bound)
    assert " ON t.`my id` <=> s.`my id` AND t.`my id` BETWEEN -9223372036854775808 AND 5\n" in text
