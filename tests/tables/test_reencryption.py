"""Re-encryption slice by slice, on identities of any form, beside others who change the table meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from havenlake.names import TableName
from havenlake.privacy import Binding, Keyring
from havenlake.tables import reencryption
from havenlake.tables.key_usage import key_need, rows_by_key, sealed_columns
from havenlake.tables.reencryption import Reencryption
from havenlake.transforms import decrypt_columns, encrypt_columns, reencrypt_columns, with_row_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from havenlake.tables import DeltaStore

# not under every engine: REORG of open-source Delta 4.4 wants a session where a task runs, which executors in JVMs of
# their own (`local-cluster`) do not have

TABLE = TableName("lake", "platformdb", "odd-table é")
OLD = Keyring.generate("us")
NEW = OLD.rotated()
SEALED = ("message", "a.note")


def binding(identity: Sequence[str]) -> Binding:
    return Binding(TABLE.asset, identity, "us")


def create(store: DeltaStore, identity: Sequence[str], rows: int = 30) -> None:
    """Rows of which some have no message, and one has no ciphertext at all."""
    frame = store.spark.range(rows).select(
        "id",
        F.concat(F.lit("ü"), F.col("id")).alias("part"),
        F.when(F.col("id") % 3 > 0, F.concat(F.lit("im "), F.col("id"))).alias("message"),
        F.when(F.col("id") > 0, F.lit("note")).alias("a.note"),
    )
    made = frame.coalesce(1).transform(with_row_hash(OLD, binding(identity)))
    store.create(TABLE, made.transform(encrypt_columns(SEALED, OLD, binding(identity))), identity, ())


def work(store: DeltaStore, identity: tuple[str, ...], slice_rows: int) -> Reencryption:
    move = reencrypt_columns(SEALED, NEW, binding(identity))
    return Reencryption(store, TABLE, identity, SEALED, NEW.active_id, move, slice_rows)


def opened(store: DeltaStore, identity: Sequence[str]) -> list[tuple[object, ...]]:
    rows = store.read(TABLE).transform(decrypt_columns(SEALED, NEW, binding(identity)))
    return [tuple(r) for r in rows.orderBy("id").collect()]


@pytest.mark.parametrize("identity", [("id",), ("part",), ("part", "id")])
def test_slices_cover_every_row_once(identity: tuple[str, ...], store: DeltaStore, warehouse: object) -> None:
    create(store, identity)
    before = opened(store, identity)
    assert sealed_columns(store.read(TABLE).schema) == SEALED
    assert rows_by_key(store, TABLE) == {"k001": 29}
    job = work(store, identity, 10)
    stale = job.measure()
    assert (stale.rows, stale.stale, stale.ids) == (30, 29, ("k001",))
    job.write(stale, f"{warehouse}/staging")
    assert opened(store, identity) == before
    assert rows_by_key(store, TABLE) == {"k002": 29}
    assert job.measure().stale == 0
    operations = [c.operation for c in store.history(TABLE)]
    assert operations.count("MERGE") == 3
    need = key_need(store, TABLE, "k001", seen=0)
    assert (need.live, need.unread, need.retained) == (0, 0, 29)


def test_others_are_not_overwritten(store: DeltaStore, warehouse: object, monkeypatch: pytest.MonkeyPatch) -> None:
    create(store, ("id",))
    table = store.ref(TABLE)

    def meanwhile(point: str) -> None:
        if point == "slice-staged":
            store.spark.sql(f"UPDATE {table} SET _row_hash = X'00' WHERE id = 4").collect()
            store.spark.sql(f"UPDATE {table} SET message = NULL WHERE id = 5").collect()

    monkeypatch.setattr(reencryption, "fault_point", meanwhile)
    job = work(store, ("id",), 100)
    job.write(job.measure(), f"{warehouse}/staging")
    assert rows_by_key(store, TABLE) == {"k001": 1, "k002": 28}, "the changed row waits for the next time"
    assert {r[0]: r[2] for r in opened(store, ("id",))}[5] is None
