"""Quarantine names rejected rows by identity, token, rule and position, and holds nothing else of them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from havenlake.names import TableName
from havenlake.privacy import Binding, Keyring
from havenlake.tables import SnapshotLoad
from havenlake.tables.quarantine import append_quarantine, quarantine_name, quarantine_rows
from havenlake.transforms import identity_token, with_ingest_metadata
from tests.tables.conftest import TARGET, files_below, rows_of
from tests.tables.entries import CONTEXT
from tests.tables.snapshots import fingerprint

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from havenlake.tables import DeltaStore

AT = datetime(2026, 1, 31, tzinfo=UTC)
PAYLOAD = "nobody may read this"
NAME = quarantine_name("ops")


def _load(store: DeltaStore, tmp_path: Path, identity: tuple[str, ...], table: pa.Table) -> SnapshotLoad:
    path = tmp_path / f"{len(files_below(tmp_path))}.parquet"
    pq.write_table(table, path)
    return SnapshotLoad(
        store=store,
        target=TARGET,
        source=store.spark.read.parquet(str(path)),
        identity=identity,
        hash_column="_row_hash",
        fingerprint=fingerprint,
        payload=lambda frame: frame,
        stamp=with_ingest_metadata("run-1", "export", AT),
    )


def _quarantined(store: DeltaStore, load: SnapshotLoad, keyring: Keyring) -> list[dict[str, Any]]:
    """What a load quarantines, read back."""
    from pyspark.sql import functions as F

    rows: DataFrame = load.source.select("*", F.lit("part-0").alias("_source_position"))
    rejected = load.rejected(load.measure(None), rows)
    tokens = identity_token(keyring, Binding("platformdb.x", load.identity, "us"))
    entries = quarantine_rows(rejected.transform(tokens), load.identity, CONTEXT, TARGET, "export-7", AT)
    append_quarantine(store, NAME, entries)
    return rows_of(store, NAME)


@pytest.mark.engines
def test_conflicts_and_missing_identities_are_named_and_payloads_are_not(store: DeltaStore, tmp_path: Path) -> None:
    ids = [1, 1, 2, 2, 3, None, None]
    texts = [PAYLOAD, f"{PAYLOAD} too", "same", "same", "single", PAYLOAD, None]
    load = _load(store, tmp_path, ("my.id",), pa.table({"my.id": ids, "text": texts}))
    keyring = Keyring.generate("us")
    rows = _quarantined(store, load, keyring)
    assert sorted((r["rule"], r["identity"]) for r in rows) == [
        ("identity_conflict", '{"my.id":1}'),
        ("identity_conflict", '{"my.id":1}'),
        ("identity_missing", "{}"),
        ("identity_missing", "{}"),
    ]
    assert len({r["identity_token"] for r in rows}) == 2
    same = {"recorded_at", "run_id", "attempt", "job", "target", "source", "source_position"}
    assert {tuple(r[c] for c in sorted(same)) for r in rows} == {
        (3, "full_load_job", AT, "run-1", "export-7", "part-0", str(TARGET))
    }
    assert set(rows[0]) == same | {"rule", "identity", "identity_token", "zone"}
    assert not any(PAYLOAD.encode() in f.read_bytes() for f in _files(store))
    assert sorted(r["my.id"] for r in _written(store, load, tmp_path)) == [2, 3]


def _files(store: DeltaStore) -> list[Path]:
    folder = Path(store.storage.table_location(NAME) or "")
    return [f for f in folder.rglob("*") if f.is_file()]


def _written(store: DeltaStore, load: SnapshotLoad, tmp_path: Path) -> list[dict[str, Any]]:
    load.write(load.measure(str(tmp_path / "staging")), str(tmp_path / "staging"))
    return rows_of(store)


def test_text_identities_are_told_by_token_only(store: DeltaStore, tmp_path: Path) -> None:
    table = pa.table(
        {
            "phone": ["+1 555 0100"] * 2 + [None],
            "raw": [b"\x00\xff"] * 2 + [b""],
            "day": [date(2024, 2, 29)] * 2 + [None],
            "amount": [Decimal("1.50")] * 2 + [Decimal("0.00")],
            "text": ["a", "b", "c"],
        }
    )
    load = _load(store, tmp_path, ("phone", "raw", "day", "amount"), table)
    rows = _quarantined(store, load, Keyring.generate("us"))
    shown = {r["rule"]: json.loads(r["identity"]) for r in rows}
    assert shown == {
        "identity_conflict": {"day": "2024-02-29", "amount": 1.5},
        "identity_missing": {"amount": 0.0},
    }
    assert len({r["identity_token"] for r in rows}) == 2


def test_without_an_identity_that_may_be_shown_only_the_token_is_there(store: DeltaStore, tmp_path: Path) -> None:
    load = _load(store, tmp_path, ("phone",), pa.table({"phone": ["a", "a"], "text": ["x", "y"]}))
    rows = _quarantined(store, load, Keyring.generate("us"))
    assert [(r["identity"], bool(r["identity_token"])) for r in rows] == [(None, True)] * 2


def test_tables_with_other_identities_share_one_quarantine(store: DeltaStore, tmp_path: Path) -> None:
    keyring = Keyring.generate("us")
    _quarantined(store, _load(store, tmp_path, ("id",), pa.table({"id": pa.array([None], pa.int64())})), keyring)
    other = _load(store, tmp_path, ("name",), pa.table({"name": pa.array([None], pa.string())}))
    rows = _quarantined(store, other, keyring)
    assert sorted((r["rule"], r["identity"] or "") for r in rows) == [
        ("identity_missing", ""),
        ("identity_missing", "{}"),
    ]
    assert TableName("ops", "havenlake", "quarantine") == NAME
