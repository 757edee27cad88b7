"""Keyed hashes of rows: `_row_hash` over every column for change detection, `_checksum` over the user's subset."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame

from havenlake.names import FRAMEWORK_COLUMNS
from havenlake.privacy import Binding, Keyring
from havenlake.privacy.hashing import HashField
from havenlake.transforms._columns import Transform, check_columns, check_new, rebuilt, types_of
from havenlake.transforms._hop import hop
from havenlake.transforms._kernels import RowHash
from havenlake.transforms._values import tag_of, to_hash


def with_row_hash(
    keyring: Keyring, binding: Binding, *, exclude: Sequence[str] = (), name: str = "_row_hash"
) -> Transform:
    """Add the keyed hash of all columns but the framework's and the excluded ones, as 16 bytes.

    | id | message | | id | message | _row_hash |
    |---|---|---|---|---|---|
    | 1 | hi | → | 1 | hi | 9c…41 |

    The order of columns, an added all-NULL column, a wider integer type and the session's time zone change nothing;
    NULL and '' differ. Use it before encryption: ciphertexts of the same value differ each time.
    """

    def transform(df: DataFrame) -> DataFrame:
        left_out = {*FRAMEWORK_COLUMNS, *exclude, name}
        return _hashed(df, [c for c in df.columns if c not in left_out], keyring, binding, name)

    return transform


def with_md5_hash(columns: Sequence[str], keyring: Keyring, binding: Binding, *, name: str = "_checksum") -> Transform:
    """Add the keyed hash of the columns that an asset lists under `md5_checksum`, as 16 bytes.

    | id | message | status | | id | message | status | _checksum |
    |---|---|---|---|---|---|---|---|
    | 1 | hi | sent | → | 1 | hi | sent | 5e…07 |

    It is not MD5: the md5 of joined text cannot tell NULL from '' nor ('a', 'b') from ('a|b'), and an unkeyed hash
    beside a ciphertext lets anybody test a guess at the message. The name is the one that users know.
    """

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, columns, binding.asset)
        return _hashed(df, list(dict.fromkeys(columns)), keyring, binding, name)

    return transform


def _hashed(df: DataFrame, columns: Sequence[str], keyring: Keyring, binding: Binding, name: str) -> DataFrame:
    keyring.check_zone(binding.zone)
    check_new(df, [name], binding.asset)
    if not columns:
        raise ValueError(f"no column of {binding.asset} is left to hash")
    types = types_of(df)
    fields = [HashField(c, tag_of(types[c])) for c in columns]
    inputs: list[Column] = [to_hash(c, types[c]) for c in columns]
    kernel = RowHash(fields, keyring.row_hash_key(binding.asset))
    return rebuilt(df, {}, [hop("row_hash", kernel, "binary", inputs).alias(name)])
