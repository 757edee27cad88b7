"""No key and no clear text in plans, schemas, names, errors; and all steps of a first load in one Python hop."""

import base64
import json
from datetime import UTC, datetime

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from havenlake.privacy import Binding, Keyring
from havenlake.transforms import (
    decrypt_columns,
    encrypt_columns,
    identity_token,
    scrub_columns,
    with_ingest_metadata,
    with_md5_hash,
    with_row_hash,
    with_tokens,
)
from tests.transforms.conftest import PLAN_MODES, plan, scrubber

pytestmark = pytest.mark.engines


def first_load(df: DataFrame, ring: Keyring, binding: Binding) -> DataFrame:
    return (
        df.transform(with_row_hash(ring, binding))
        .transform(with_md5_hash(["message", "status"], ring, binding))
        .transform(with_tokens(["phone"], ring))
        .transform(identity_token(ring, binding))
        .transform(encrypt_columns(["message", "phone"], ring, binding))
        .transform(with_ingest_metadata("r-1", "export", datetime(2026, 1, 31, tzinfo=UTC)))
    )


@pytest.fixture
def messages(spark: SparkSession) -> DataFrame:
    return spark.range(100).selectExpr("id", "concat('planted ', id) as message", "'sent' as status", "'+1' as phone")


def test_first_load_is_one_python_hop(messages: DataFrame, ring: Keyring, binding: Binding) -> None:
    loaded = first_load(messages, ring, binding)
    assert plan(loaded).count("ArrowEvalPython [") == 1
    assert plan(loaded.where("id > 5").select("message", "_row_hash")).count("ArrowEvalPython [") == 1
    assert plan(loaded.select("id", "status")).count("ArrowEvalPython [") == 0
    assert loaded.where("message is not null and _row_hash is not null").count() == 100


def test_silver_is_one_python_hop(messages: DataFrame, ring: Keyring, binding: Binding) -> None:
    sealed = messages.sparkSession.createDataFrame(first_load(messages, ring, binding).toArrow())
    silver = sealed.transform(
        scrub_columns(
            ["message"], scrubber("upper"), ring, binding, types={"message": messages.schema["message"].dataType}
        )
    ).transform(decrypt_columns(["phone"], ring, binding, {"phone": messages.schema["phone"].dataType}))
    assert plan(silver).count("ArrowEvalPython [") == 1
    assert silver.where("id = 7").first()["message"] == "PLANTED 7"


def key_forms(ring: Keyring, binding: Binding) -> set[str]:
    document = json.loads(ring.to_json())
    parts = (document["encryption"], document["hash"]["keys"], document["token"]["keys"])
    keys = [base64.b64decode(entry["key"]) for part in parts for entry in part.values()]
    keys += [ring.column_key(binding.asset, column) for column in ("message", "phone")]
    keys += [ring.row_hash_key(binding.asset), ring.token_key()]
    forms = set()
    for key in keys:
        listed = str(list(key))[1:-1]
        signed = ", ".join(str(byte - 256 if byte > 127 else byte) for byte in key)
        forms |= {key.hex(), base64.b64encode(key).decode(), repr(key)[2:-1], key.decode("latin-1"), listed, signed}
    return {form.casefold() for form in forms}


def test_no_key_in_plans_schemas_or_names(messages: DataFrame, ring: Keyring, binding: Binding) -> None:
    loaded = first_load(messages, ring, binding)
    opened = loaded.transform(decrypt_columns(["message"], ring, binding)).transform(
        scrub_columns(["phone"], scrubber("upper"), ring, binding)
    )
    texts = [plan(df, mode) for df in (loaded, opened) for mode in PLAN_MODES]
    texts += [repr(df) + df.schema.json() + str(df.columns) for df in (loaded, opened)]
    shown = "\n".join(texts).casefold()
    assert "encrypt" in shown
    assert not [form for form in key_forms(ring, binding) if form in shown]


def test_errors_from_workers_show_neither_key_nor_text(messages: DataFrame, ring: Keyring, binding: Binding) -> None:
    moved = first_load(messages, ring, binding).selectExpr("id + 1 as id", "message")
    kind = {"message": messages.schema["message"].dataType}
    with pytest.raises(PySparkException) as caught:
        moved.transform(decrypt_columns(["message"], ring, binding, kind)).collect()
    shown = str(caught.value).casefold()
    assert "hl-key-004" in shown
    assert "planted" not in shown
    assert not [form for form in key_forms(ring, binding) if form in shown]
