"""Keyed tokens of clear columns, so that tables can be joined on a value that nobody may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql.types import DataType

from havenlake.privacy import Binding, Keyring
from havenlake.transforms._columns import Transform, check_columns, check_new, rebuilt
from havenlake.transforms._hop import hop
from havenlake.transforms._kernels import Token
from havenlake.transforms._opening import clear_bytes, opening


def with_tokens(
    columns: Sequence[str],
    keyring: Keyring,
    asset: str = "tokens",
    *,
    sealed: Binding | None = None,
    types: Mapping[str, DataType] | None = None,
) -> Transform:
    """Add `<column>_token`: HMAC-SHA256 under the zone's token key, 32 hexadecimal digits; NULL stays NULL.

    | id | phone | | id | phone | phone_token |
    |---|---|---|---|---|---|
    | 1 | +1415… | → | 1 | +1415… | 7ac1…9e |

    The same value gives the same token in every table and column of the zone, and another one in any other zone.
    Bring values to one form first (trim, E.164): ' a' and 'a' are different values. With `sealed`, the columns are
    ciphertext of this binding: they stay so and are opened inside the hop only; `types` as in `decrypt_columns`.
    """

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, columns, asset)
        check_new(df, [f"{name}_token" for name in columns], asset)
        tokens = []
        for name in columns:
            opener, inputs = opening(df, name, keyring, sealed, types) if sealed else clear_bytes(df, name, asset)
            kernel = Token(keyring.token_key(), opener)
            tokens.append(hop("token", kernel, "string", inputs).alias(f"{name}_token"))
        return rebuilt(df, {}, tokens)

    return transform
