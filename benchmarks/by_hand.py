"""P: the load a good engineer writes by hand. No keys by column, no quarantine, no ledger, no lease."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.functions import pandas_udf  # type: ignore[attr-defined]  # missing in PySpark's stubs

from benchmarks.loader import read_snapshot
from benchmarks.snapshots import COLUMNS

NONCE = 12


class ByHand:
    """One pandas UDF encrypts; the first load is a plain write, later ones a MERGE of the whole snapshot."""

    name = "P"

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._key = os.urandom(32)

    def prepare(self, folder: Path, before: Path | None, snapshot: Path, tables: Sequence[str]) -> None:
        del snapshot
        if before is not None:
            self.load(folder, before, tables)

    def load(self, folder: Path, snapshot: Path, tables: Sequence[str]) -> None:
        for table in tables:
            rows = self._prepared(read_snapshot(self._spark, snapshot, table))
            target = folder / table
            if target.exists():
                self._merge(rows, target, table)
            else:
                rows.write.format("delta").save(str(target))

    def clear(self, folder: Path, table: str) -> DataFrame:
        live = self._spark.read.format("delta").load(str(folder / table)).where("deleted_at IS NULL")
        return live.withColumn("message", _decrypting(self._key)(F.col("message"))).select(*COLUMNS)

    def _prepared(self, rows: DataFrame) -> DataFrame:
        hashed = rows.withColumn("hash", F.expr("sha2(to_json(struct(*)), 256)"))
        encrypted = hashed.withColumn("message", _encrypting(self._key)(F.col("message")))
        return encrypted.withColumn("deleted_at", F.lit(None).cast("timestamp"))

    def _merge(self, rows: DataFrame, target: Path, table: str) -> None:
        rows.createOrReplaceTempView(f"snapshot_{table}")
        self._spark.sql(
            f"MERGE INTO delta.`{target}` t USING snapshot_{table} s ON t.id = s.id "
            "WHEN MATCHED AND t.hash <> s.hash THEN UPDATE SET * "
            "WHEN NOT MATCHED THEN INSERT * "
            "WHEN NOT MATCHED BY SOURCE AND t.deleted_at IS NULL THEN UPDATE SET deleted_at = current_timestamp()"
        )


def _encrypting(key: bytes) -> Any:
    def encrypt(texts: pd.Series) -> pd.Series:
        # pickling a function that names this Rust class as a global breaks it in the worker
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        seal, random = AESGCM(key).encrypt, os.urandom(NONCE * len(texts))
        nonces = (random[i : i + NONCE] for i in range(0, len(random), NONCE))
        return pd.Series([nonce + seal(nonce, text.encode(), None) for nonce, text in zip(nonces, texts, strict=True)])

    return pandas_udf(encrypt, "binary")


def _decrypting(key: bytes) -> Any:
    def decrypt(values: pd.Series) -> pd.Series:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        opened = AESGCM(key).decrypt
        return pd.Series([opened(value[:NONCE], value[NONCE:], None).decode() for value in values])

    return pandas_udf(decrypt, "string")
