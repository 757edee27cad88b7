"""Ten tables, most of them bad in a way of their own: each gets its own coded error, the others go on, nothing is
half-written, and a rerun after the cause is removed succeeds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import LOAD, SILVER, Lake, by_id

from havenlake.privacy import KEYRING_FILE
from havenlake.records import RunRecord, Status
from havenlake.runner import RunFailed
from havenlake.synthetic import PlatformDatabase, write_export

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=300, seed=2)
LONG = "ü" * 5_000_000  # 10 MB of UTF-8


def _parquet(lake: Lake, table: str) -> Path:
    return next((lake.landing / table).glob("*.parquet"))


def _rewrite(lake: Lake, table: str, rows: pa.Table) -> None:
    pq.write_table(rows, _parquet(lake, table))


def _missing_folder(lake: Lake) -> None:
    shutil.rmtree(lake.landing / "texter")


def _empty(lake: Lake) -> None:
    _rewrite(lake, "conversation", pq.read_table(_parquet(lake, "conversation")).slice(0, 0))


def _half_written(lake: Lake) -> None:
    file = _parquet(lake, "message")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _zero_bytes(lake: Lake) -> None:
    _parquet(lake, "reporting_question").write_bytes(b"")


def _wrong_encoding(lake: Lake) -> None:
    _parquet(lake, "reporting_log").unlink()
    text = "id,conversation_id,responder_id,submitted_at,score\r\n1,1,1,2024-01-01,caf\xe9\r\n"
    (lake.landing / "reporting_log/part.csv").write_bytes(text.encode("latin-1"))


def _quotes_and_breaks(lake: Lake) -> None:
    _parquet(lake, "reporting_log_value").unlink()
    head = "id,reporting_log_id,question_id,value,group_number\r\n"
    text = head + '1,1,1,"she said ""no""\r\nand left, quickly",1\r\n2,1,2,,2\r\n'
    (lake.landing / "reporting_log_value/part.csv").write_text(text, newline="")


def _bad_identities(lake: Lake) -> None:
    rows = pq.read_table(_parquet(lake, "responder"))
    assert rows.num_rows >= 5
    first, second, third = (rows.slice(i, 1).to_pylist()[0] for i in range(3))
    extra = [
        {**first, "id": None},
        second,  # the same row twice
        {**third, "email": "other@example.org"},  # another row of the same identity
    ]
    _rewrite(lake, "responder", pa.concat_tables([rows, pa.Table.from_pylist(extra, schema=rows.schema)]))


def _reserved_name(lake: Lake) -> None:
    rows = pq.read_table(_parquet(lake, "shift"))
    _rewrite(lake, "shift", rows.append_column("_run_id", pa.array(["x"] * rows.num_rows)))


def _odd_names(lake: Lake) -> None:
    rows = pq.read_table(_parquet(lake, "content_resource"))
    for name in ("seo.title", "MixedCase", "größe_日本"):
        rows = rows.append_column(name, pa.array([f"{name} {i}" for i in range(rows.num_rows)]))
    _rewrite(lake, "content_resource", rows)


def _odd_text(lake: Lake) -> None:
    rows = pq.read_table(_parquet(lake, "operational_event"))
    payload = [LONG.encode(), b"a\x00b", b"lone \xed\xa0\x80 surrogate", None, b""]
    values = payload + [b"{}"] * (rows.num_rows - len(payload))
    column = rows.schema.get_field_index("payload")
    binary = pa.array(values, pa.binary())
    # bytes that are not UTF-8 in a column that says it is text, as some writers produce them
    text = pa.Array.from_buffers(pa.string(), len(binary), binary.buffers(), null_count=binary.null_count)
    _rewrite(lake, "operational_event", rows.set_column(column, "payload", text))


DEFECTS = (
    _missing_folder,
    _empty,
    _half_written,
    _zero_bytes,
    _wrong_encoding,
    _quotes_and_breaks,
    _bad_identities,
    _reserved_name,
    _odd_names,
    _odd_text,
)
EXPECTED = {
    "texter": "HL-SRC-001",
    "conversation": "HL-TBL-002",
    "message": "HL-SRC-002",
    "reporting_question": "HL-SRC-002",
    "reporting_log": "HL-SRC-002",
    "shift": "HL-SRC-006",
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    lake = Lake.create(tmp_path_factory.mktemp("lake"), spark)
    write_export(DATABASE, lake.landing, 0)
    for spoil in DEFECTS:
        spoil(lake)
    return lake


@pytest.fixture(scope="module")
def record(lake: Lake) -> RunRecord:
    with pytest.raises(RunFailed) as caught:
        lake.project.run(LOAD)
    assert all(f"{t}: {code}" in caught.value.message for t, code in EXPECTED.items())
    return caught.value.record


def _results(record: RunRecord) -> dict[str, Any]:
    return {t.table: t for t in record.tables}


def test_each_bad_table_has_its_own_error_and_the_others_loaded(record: RunRecord) -> None:
    results = _results(record)
    assert {t: r.error.code for t, r in results.items() if r.error} == EXPECTED
    assert {t for t, r in results.items() if r.status is Status.SUCCEEDED} == set(results) - set(EXPECTED)
    assert results["conversation"].status is Status.REFUSED
    assert all(r.error.hint for r in results.values() if r.error)


def test_a_bad_table_leaves_nothing_behind(record: RunRecord, lake: Lake) -> None:
    there = {p.name for p in (lake.warehouse / "local_bronze/platformdb").iterdir()}
    assert there == set(_results(record)) - set(EXPECTED)
    assert not any((lake.warehouse / "_staging").rglob("*.parquet"))


def test_the_ledger_holds_the_errors(record: RunRecord, lake: Lake) -> None:
    last = {e.result.table: e.result for e in lake.project.ledger() if e.context.run_id == record.run_id}
    assert {t: r.error.code for t, r in last.items() if r.error} == EXPECTED


def test_csv_with_quotes_and_line_breaks_arrives_exactly(record: RunRecord, lake: Lake) -> None:
    rows = {r["id"]: r["value"] for r in lake.decrypted("reporting_log_value").collect()}
    assert rows == {"1": 'she said "no"\r\nand left, quickly', "2": None}


def test_bad_identities_are_quarantined_by_name_only(record: RunRecord, lake: Lake) -> None:
    responders = DATABASE.table("responder").to_pylist()
    third = responders[2]["id"]
    live = by_id(lake.decrypted("responder").select("id", "email").toArrow())
    assert set(live) == {r["id"] for r in responders} - {third}
    counts = _results(record)["responder"].counts
    assert (counts.quarantined, counts.duplicates) == (3, 1)
    rows = lake.project.table("local_operations.havenlake.quarantine").where("target LIKE '%responder'").collect()
    assert sorted((r["rule"], r["identity"]) for r in rows) == [
        ("identity_conflict", json.dumps({"id": third}, separators=(",", ":"))),
        ("identity_conflict", json.dumps({"id": third}, separators=(",", ":"))),
        ("identity_missing", "{}"),
    ]
    assert all(r["identity_token"] and ".parquet#" in r["source_position"] for r in rows)
    assert not any("example.org" in str(r.asDict()) for r in rows)


def test_odd_column_names_survive(record: RunRecord, lake: Lake) -> None:
    rows = lake.decrypted("content_resource").select("id", "`seo.title`", "MixedCase", "`größe_日本`").collect()
    assert {tuple(r)[1:] for r in rows} == {
        (f"seo.title {i}", f"MixedCase {i}", f"größe_日本 {i}") for i in range(len(rows))
    }


def test_odd_text_survives_byte_for_byte(record: RunRecord, lake: Lake) -> None:
    from pyspark.sql import functions as F

    rows = lake.decrypted("operational_event").select("id", F.col("payload").cast("binary").alias("payload")).toArrow()
    payload = [r["payload"] for r in sorted(rows.to_pylist(), key=lambda r: r["id"])]
    assert payload[1:5] == [b"a\x00b", b"lone \xed\xa0\x80 surrogate", None, b""]
    assert payload[0] == LONG.encode()


def test_a_rerun_after_the_causes_are_removed_succeeds(record: RunRecord, lake: Lake) -> None:
    shutil.rmtree(lake.landing)
    write_export(DATABASE, lake.landing, 0)
    lake.edit("jobs-configuration/local/local-jobs-configs.yaml", ("    - reporting_log_value\n", ""))
    done = lake.project.run(LOAD, resume=record.run_id)
    assert {t.table for t in done.tables} == set(EXPECTED)
    assert {t.status for t in done.tables} == {Status.SUCCEEDED}
    assert by_id(lake.decrypted("message").select("id", "message").toArrow()) == by_id(
        DATABASE.table("message").select(["id", "message"])
    )


def test_without_keys_every_table_says_so_and_nothing_changes(lake: Lake, record: RunRecord) -> None:
    versions = lake.versions("bronze")
    keyring = lake.warehouse / KEYRING_FILE
    kept = keyring.rename(keyring.with_suffix(".away"))
    try:
        with pytest.raises(RunFailed) as caught:
            lake.project.run(LOAD)
        assert {t.error.code for t in caught.value.record.tables if t.error} == {"HL-KEY-001"}
        assert lake.versions("bronze") == versions
    finally:
        kept.rename(keyring)


def test_another_hash_key_is_refused_and_nothing_changes(lake: Lake, record: RunRecord) -> None:
    from havenlake.privacy import Keyring

    versions = lake.versions("bronze")
    keyring = lake.warehouse / KEYRING_FILE
    kept = keyring.rename(keyring.with_suffix(".away"))
    try:
        Keyring.create_file(keyring, "local")
        with pytest.raises(RunFailed) as caught:
            lake.project.run(LOAD, tables=["message", "texter"])
        assert {t.error.code for t in caught.value.record.tables if t.error} == {"HL-TBL-006"}
        assert lake.versions("bronze") == versions
    finally:
        keyring.unlink()
        kept.rename(keyring)


def test_an_unknown_key_id_fails_closed_and_names_the_code(lake: Lake, record: RunRecord) -> None:
    keyring = lake.warehouse / KEYRING_FILE
    text = keyring.read_text()
    keyring.write_text(text.replace('"k001"', '"k009"'))
    try:
        with pytest.raises(RunFailed) as caught:
            lake.project.run(SILVER, tables=["texter", "message"])
        results = _results(caught.value.record)
        # texter needs its phone number opened for the token, message its text for the scrubber
        assert {table: result.error.code for table, result in results.items()} == dict.fromkeys(
            ("texter", "message"), "HL-KEY-003"
        )
        assert not (lake.warehouse / "local_silver" / "platformdb" / "texter").exists()
    finally:
        keyring.write_text(text)
    resumed = lake.project.run(SILVER, resume=caught.value.record.run_id)
    assert {r.table: r.status for r in resumed.tables} == dict.fromkeys(("texter", "message"), Status.SUCCEEDED)
    assert lake.silver("texter").count() == DATABASE.count("texter")
