"""Scrub free text on its way out: decryption and scrubbing in one Python hop, clear text lives only inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from havenlake.privacy import Binding, Keyring, TextScrubber
from havenlake.transforms._columns import Transform, check_columns, column, rebuilt
from havenlake.transforms._hop import hop
from havenlake.transforms._kernels import Route, Scrub
from havenlake.transforms._opening import clear_bytes, opening


def scrub_columns(  # noqa: PLR0913  # one keyword for each thing that a table's context can say
    columns: Sequence[str],
    scrubber: TextScrubber | None,
    keyring: Keyring,
    binding: Binding,
    *,
    languages: str | Sequence[str] | None = None,
    countries: str | Sequence[str] | None = None,
    conversations: str | None = None,
    encrypted: bool = True,
    types: Mapping[str, DataType] | None = None,
) -> Transform:
    """Replace columns by their scrubbed text, as string, in place; NULL stays NULL.

    | id | message | | id | message |
    |---|---|---|---|---|
    | 1 | 01 6B303031 … (im jess) | → | 1 | im [PERSON] |

    `languages` and `countries` name a column with one code per row, or list the candidate codes of every row.
    Without a scrubber every value becomes NULL, and `values_present` counts beforehand how many that were. With
    `encrypted=False` the columns are clear. `types` as in `decrypt_columns`; values that are not text are scrubbed
    as the text the cipher holds, nested ones as JSON.
    """

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, columns, binding.asset)
        if scrubber is None:
            return rebuilt(df, {name: F.lit(None).cast("string").alias(name) for name in columns})
        route = Route(languages, countries, conversations)
        check_columns(df, route.columns, binding.asset)
        routing = [column(name).cast("string") for name in route.columns]
        scrubbed: dict[str, Column] = {}
        for name in columns:
            opener, inputs = (
                opening(df, name, keyring, binding, types) if encrypted else clear_bytes(df, name, binding.asset)
            )
            clean = hop("scrub", Scrub(scrubber, route, opener, len(inputs)), "binary", [*inputs, *routing])
            scrubbed[name] = clean.cast("string").alias(name, metadata={})
        return rebuilt(df, scrubbed)

    return transform


def values_present(columns: Sequence[str]) -> Column:
    """Aggregate expression: how many values of these columns are not NULL, so would be nulled without a scrubber."""
    return sum((F.count(column(name)) for name in columns), F.lit(0).cast("bigint"))
