"""Encrypt and decrypt columns in place, bound to asset, column, zone and row identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import DataType

from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding, Keyring
from havenlake.privacy.cipher import ColumnCipher
from havenlake.transforms._columns import (
    Transform,
    check_columns,
    check_identity,
    column,
    metadata_of,
    rebuilt,
    types_of,
)
from havenlake.transforms._hop import hop
from havenlake.transforms._kernels import Encrypt, Reencrypt
from havenlake.transforms._opening import TYPE_KEY, identity_inputs, opening, type_of
from havenlake.transforms._values import from_bytes, tag_of, to_bytes


def encrypt_columns(columns: Sequence[str], keyring: Keyring, binding: Binding) -> Transform:
    """Turn columns into AES-256-GCM ciphertext (binary) in place; NULL stays NULL, all else stays as it is.

    | id | message | | id | message |
    |---|---|---|---|---|
    | 1 | hi | → | 1 | 01 6B303031 73 … |
    | 2 | NULL | → | 2 | NULL |

    The original type is kept in the field's metadata. Raises HL-KEY-006 for a type that cannot be carried without
    loss, HL-TBL-004 for a missing column, HL-KEY-005 for a keyring of another zone.
    """

    def transform(df: DataFrame) -> DataFrame:
        _check(df, columns, binding)
        types, metadata, identity = types_of(df), metadata_of(df), identity_inputs(df, binding)
        sealed: dict[str, Column] = {}
        for name in columns:
            value = to_bytes(name, types[name], binding.asset)
            kernel = Encrypt(ColumnCipher.of(keyring, binding, name), tag_of(types[name]))
            kept = {**metadata[name], TYPE_KEY: types[name].json()}
            sealed[name] = hop("encrypt", kernel, "binary", [value, *identity]).alias(name, metadata=kept)
        return rebuilt(df, sealed)

    return transform


def reencrypt_columns(columns: Sequence[str], keyring: Keyring, binding: Binding) -> Transform:
    """Bring ciphertext under the keyring's active key, in place; what is under it already stays byte for byte.

    | id | message | | id | message |
    |---|---|---|---|---|
    | 1 | 01 6B303031 73 … | → | 1 | 01 6B303032 73 … |

    Clear text lives inside the Python function only. Errors as in `decrypt_columns`; a type need not be known.
    """

    def transform(df: DataFrame) -> DataFrame:
        _check(df, columns, binding)
        metadata, identity = metadata_of(df), identity_inputs(df, binding)
        moved: dict[str, Column] = {}
        for name in columns:
            kernel = Reencrypt(ColumnCipher.of(keyring, binding, name))
            value = hop("reencrypt", kernel, "binary", [column(name), *identity])
            moved[name] = value.alias(name, metadata=metadata[name])
        return rebuilt(df, moved)

    return transform


def decrypt_columns(
    columns: Sequence[str],
    keyring: Keyring,
    binding: Binding,
    types: Mapping[str, DataType] | None = None,
) -> Transform:
    """Turn ciphertext back into values of the original type, taken from `types` or the field's metadata.

    | id | message | | id | message |
    |---|---|---|---|---|
    | 1 | 01 6B303031 73 … | → | 1 | hi |

    Raises HL-KEY-007 where the type is not known. When rows are read: HL-KEY-003 for an unknown key id, HL-KEY-004
    for a value that was moved to another row, column, asset or zone.
    """

    def transform(df: DataFrame) -> DataFrame:
        _check(df, columns, binding)
        metadata = metadata_of(df)
        opened: dict[str, Column] = {}
        for name in columns:
            kept = {key: value for key, value in metadata[name].items() if key != TYPE_KEY}
            opener, inputs = opening(df, name, keyring, binding, types)
            clear = hop("decrypt", opener, "binary", inputs)
            kind = type_of(df, name, binding.asset, types)
            opened[name] = from_bytes(clear, kind).alias(name, metadata=kept)
        return rebuilt(df, opened)

    return transform


def _check(df: DataFrame, columns: Sequence[str], binding: Binding) -> None:
    check_identity(df, binding)
    check_columns(df, columns, binding.asset)
    both = [name for name in columns if name in binding.identity]
    if both:
        raise HavenlakeError(
            "HL-CFG-010",
            f"identity column '{both[0]}' cannot be encrypted",
            where=binding.asset,
            hint="ciphertexts are bound to the clear identity; use a keyed token as identity instead",
        )
