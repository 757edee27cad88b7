"""Reading ciphertext inside a hop: what opens it, what that reads, and which type was sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import BinaryType, DataType, StructType

from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding, Keyring
from havenlake.privacy.cipher import ColumnCipher
from havenlake.transforms._columns import check_identity, column, metadata_of, types_of
from havenlake.transforms._kernels import Decrypt
from havenlake.transforms._values import readable_as, to_bytes, to_identity

TYPE_KEY = "havenlake.type"
"""Key of the field metadata that records the Spark type an encrypted column had."""


def opening(
    df: DataFrame, name: str, keyring: Keyring, binding: Binding, types: Mapping[str, DataType] | None = None
) -> tuple[Decrypt, list[Column]]:
    """What opens an encrypted column in a worker, and the columns that are sent there.

    Values that were not of the column's type (or widen to it) are refused.
    """
    check_identity(df, binding)
    if not isinstance(df.schema[name].dataType, BinaryType):
        raise HavenlakeError("HL-KEY-007", f"column '{name}' is not binary, so not encrypted", where=binding.asset)
    kind = type_of(df, name, binding.asset, types)
    opener = Decrypt(ColumnCipher.of(keyring, binding, name), readable_as(kind))
    return opener, [column(name), *identity_inputs(df, binding)]


def clear_bytes(df: DataFrame, name: str, asset: str) -> tuple[None, list[Column]]:
    """The bytes of a clear column, the same that the cipher would seal."""
    return None, [to_bytes(name, types_of(df)[name], asset)]


def type_of(df: DataFrame, name: str, asset: str, types: Mapping[str, DataType] | None) -> DataType:
    """The type that a column had before encryption, as given or else as recorded."""
    return (types or {}).get(name) or original_type(name, metadata_of(df)[name], asset)


def identity_inputs(df: DataFrame, binding: Binding) -> list[Column]:
    """The identity columns in the form in which ciphertexts are bound to them."""
    types = types_of(df)
    return [to_identity(name, types[name], binding.asset) for name in binding.identity]


def original_type(name: str, metadata: Mapping[str, Any], asset: str) -> DataType:
    """The type recorded when a column was encrypted; HL-KEY-007 where none is."""
    recorded = metadata.get(TYPE_KEY)
    if recorded is None:
        hint = "give `types={'<column>': <type>}`; the table's column metadata holds none"
        raise HavenlakeError("HL-KEY-007", f"original type of column '{name}' is not recorded", where=asset, hint=hint)
    field = {"name": "value", "type": json.loads(recorded), "nullable": True, "metadata": {}}
    return StructType.fromJson({"type": "struct", "fields": [field]})["value"].dataType
