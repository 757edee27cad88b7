"""What is asked of a row's identity: whether it is whole, its text, and a token that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from havenlake.privacy import Binding, Keyring
from havenlake.transforms._columns import Transform, check_identity, check_new, column, rebuilt
from havenlake.transforms._hop import hop
from havenlake.transforms._kernels import IdentityToken
from havenlake.transforms._opening import identity_inputs


def identity_missing(identity: Sequence[str]) -> Column:
    """Whether any identity column is NULL; such a row cannot be told from others and goes to quarantine."""
    return reduce(or_, (column(name).isNull() for name in identity))


def identity_text(identity: Sequence[str]) -> Column:
    """The identity as one JSON object in column order, NULL kept: `{"id":7,"lang":null}`."""
    fields = (column(name).alias(name) for name in identity)
    return F.to_json(F.struct(*fields), {"ignoreNullFields": "false", "timeZone": "UTC"})


def identity_token(keyring: Keyring, binding: Binding, *, name: str = "_identity_token") -> Transform:
    """Add a keyed token of the identity, for places where the identity itself is too sensitive to lie.

    | id | | id | _identity_token |
    |---|---|---|---|
    | 1 | → | 1 | 0f3b…77 |

    It covers the asset's name and every identity value; NULL counts as a value of its own.
    """

    def transform(df: DataFrame) -> DataFrame:
        keyring.check_zone(binding.zone)
        check_identity(df, binding)
        check_new(df, [name], binding.asset)
        kernel = IdentityToken(binding.aad_prefix("identity"), keyring.token_key())
        return rebuilt(df, {}, [hop("identity_token", kernel, "string", identity_inputs(df, binding)).alias(name)])

    return transform
