"""Keyed hashes of rows: `_row_hash` over every column for change detection, `_checksum` over the user's subset."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame

from havenlake.errors import HavenlakeError
from havenlake.names import FRAMEWORK_COLUMNS
from havenlake.privacy import Binding, Keyring
from havenlake.privacy.hashing import HashField
from havenlake.transforms._columns import (
    Transform,
    check_columns,
    check_new,
    column,
    metadata_of,
    rebuilt,
    types_of,
)
from havenlake.transforms._hop import hop
from havenlake.transforms._kernels import Rehash, RowHash
from havenlake.transforms._values import tag_of, to_hash


def with_row_hash(
    keyring: Keyring,
    binding: Binding,
    *,
    exclude: Sequence[str] = (),
    name: str = "_row_hash",
    scheme: str | None = None,
) -> Transform:
    """Add the keyed hash of all columns but the framework's and the excluded ones, as 16 bytes.

    | id | message | | id | message | _row_hash |
    |---|---|---|---|---|---|
    | 1 | hi | → | 1 | hi | 9c…41 |

    The order of columns, an added all-NULL column, a wider integer type and the session's time zone change nothing;
    NULL and '' differ. Use it before encryption: ciphertexts of the same value differ each time. `scheme` is one that
    a table recorded (`Keyring.hash_scheme`), by default that of the active hash key; HL-TBL-006 for a lost one.
    """

    def transform(df: DataFrame) -> DataFrame:
        left_out = {*FRAMEWORK_COLUMNS, *exclude, name}
        return _hashed(df, [c for c in df.columns if c not in left_out], keyring, binding, name, scheme)

    return transform


def with_md5_hash(
    columns: Sequence[str],
    keyring: Keyring,
    binding: Binding,
    *,
    name: str = "_checksum",
    scheme: str | None = None,
) -> Transform:
    """Add the keyed hash of the columns that an asset lists under `md5_checksum`, as 16 bytes.

    | id | message | status | | id | message | status | _checksum |
    |---|---|---|---|---|---|---|---|
    | 1 | hi | sent | → | 1 | hi | sent | 5e…07 |

    It is not MD5: the md5 of joined text cannot tell NULL from '' nor ('a', 'b') from ('a|b'), and an unkeyed hash
    beside a ciphertext lets anybody test a guess at the message. The name is the one that users know. `scheme` as in
    `with_row_hash`.
    """

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, columns, binding.asset)
        return _hashed(df, list(dict.fromkeys(columns)), keyring, binding, name, scheme)

    return transform


def rehashed(columns: Sequence[str], keyring: Keyring, binding: Binding, *, scheme: str) -> Transform:
    """Carry hash columns, in place, from the scheme they were made under to that of the active hash key.

    | id | _row_hash | | id | _row_hash |
    |---|---|---|---|---|
    | 1 | 9c…41 | → | 1 | 3d…b8 |

    The stored hash is hashed again, so no row is opened and equal rows stay equal. `with_row_hash` with
    `scheme=keyring.hash_scheme(binding.asset, scheme)` gives the same values. HL-TBL-006 for a lost scheme.
    """

    def transform(df: DataFrame) -> DataFrame:
        keyring.check_zone(binding.zone)
        check_columns(df, columns, binding.asset)
        known = _keys(keyring, binding.asset, scheme)
        kernel = Rehash(_keys(keyring, binding.asset, keyring.hash_scheme(binding.asset, scheme))[len(known) :])
        metadata = metadata_of(df)
        again = {c: hop("rehash", kernel, "binary", [column(c)]).alias(c, metadata=metadata[c]) for c in columns}
        return rebuilt(df, again)

    return transform


def _keys(keyring: Keyring, asset: str, scheme: str) -> tuple[bytes, ...]:
    keys = keyring.scheme_keys(asset, scheme)
    if keys is None:
        raise HavenlakeError(
            "HL-TBL-006",
            f"rows were hashed under {scheme}, which the keyring has no key for",
            where=asset,
            hint="bring back the keyring the table was loaded with",
        )
    return keys


def _hashed(
    df: DataFrame, columns: Sequence[str], keyring: Keyring, binding: Binding, name: str, scheme: str | None
) -> DataFrame:
    keyring.check_zone(binding.zone)
    check_new(df, [name], binding.asset)
    if not columns:
        raise ValueError(f"no column of {binding.asset} is left to hash")
    types = types_of(df)
    fields = [HashField(c, tag_of(types[c])) for c in columns]
    inputs: list[Column] = [to_hash(c, types[c]) for c in columns]
    kernel = RowHash(fields, _keys(keyring, binding.asset, scheme or keyring.hash_scheme(binding.asset)))
    return rebuilt(df, {}, [hop("row_hash", kernel, "binary", inputs).alias(name)])
