"""Scrub free text on its way out: decryption and scrubbing in one Python hop, clear text lives only inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from havenlake.privacy import Binding, Keyring, TextScrubber
from havenlake.transforms._columns import Transform, check_columns, check_identity, check_new, column, rebuilt
from havenlake.transforms._hop import flow, hop
from havenlake.transforms._opening import clear_bytes, opening
from havenlake.transforms._scrubbing import FOUND, Route, Scrub

_STRUCT = "_havenlake_scrubbed"


def scrub_columns(  # noqa: PLR0913  # one keyword for each thing that a table's context can say
    columns: Sequence[str],
    scrubber: TextScrubber | None,
    keyring: Keyring,
    binding: Binding,
    *,
    languages: str | Sequence[str] | None = None,
    countries: str | Sequence[str] | None = None,
    conversations: str | None = None,
    clear: Sequence[str] = (),
    types: Mapping[str, DataType] | None = None,
    audit: str | None = None,
) -> Transform:
    """Replace columns by their scrubbed text, as string, in place; NULL stays NULL.

    | id | message | | id | message |
    |---|---|---|---|---|
    | 1 | 01 6B303031 … (im jess) | → | 1 | im [PERSON] |

    `languages` and `countries` name a column with one code per row, or list the candidate codes of every row.
    `conversations` names a text column: rows come together by it through one exchange, which leaves the columns sealed,
    and every conversation is scrubbed as a whole; so it is not for streams. `clear` names those of the columns that are
    not encrypted. Without a scrubber every value becomes NULL, and `values_present` counts beforehand how many that
    were. `types` as in `decrypt_columns`; values that are not text are scrubbed as the text the cipher holds, nested
    ones as JSON. `audit` is the name of a struct to add that tells how each row was scrubbed.
    """

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, columns, binding.asset)
        if scrubber is None:
            return rebuilt(df, {name: F.lit(None).cast("string").alias(name) for name in columns})
        if not columns:
            return df
        route = Route(languages, countries, conversations)
        check_columns(df, route.columns, binding.asset)
        check_new(df, [audit] if audit else [], binding.asset)
        openers, inputs = [], []
        for name in columns:
            sealed = name not in clear
            opener, own = opening(df, name, keyring, binding, types) if sealed else clear_bytes(df, name, binding.asset)
            openers.append((opener, len(own)))
            inputs += own
        kernel = Scrub(scrubber, route, openers)
        told = [*inputs, *(column(name).cast("string") for name in route.columns)]
        if conversations is None:
            rows, done = df, hop("scrub", kernel, kernel.returns, told)
        else:
            check_identity(df, binding)
            rows, done = _together(df, conversations, binding), flow("scrub", kernel.flow, kernel.returns, told)
        scrubbed = rows.select("*", done.alias(_STRUCT))
        texts = {
            name: column(_STRUCT)[field].cast("string").alias(name, metadata={})
            for name, field in zip(columns, kernel.fields, strict=True)
        }
        added = [_audit(scrubber, route).alias(audit)] if audit else []
        return scrubbed.select(*(texts.get(name, column(name)) for name in df.columns), *added)

    return transform


def scrub_unit(conversation: Column, identity: Sequence[str]) -> Column:
    """A number that is the same for all rows of a conversation, and a row's own where it belongs to none."""
    own = F.xxhash64(*(column(name) for name in identity))
    return F.when(conversation.isNull(), own).otherwise(F.xxhash64(conversation))


def values_present(columns: Sequence[str]) -> Column:
    """Aggregate expression: how many values of these columns are not NULL, so would be nulled without a scrubber."""
    return sum((F.count(column(name)) for name in columns), F.lit(0).cast("bigint"))


def _together(df: DataFrame, conversations: str, binding: Binding) -> DataFrame:
    """Rows of each conversation in one partition, one after the other, in the order of their identity."""
    conversation = column(conversations).cast("string")
    unit = scrub_unit(conversation, binding.identity)
    return df.repartition(unit).sortWithinPartitions(conversation, *(column(name) for name in binding.identity))


def _audit(scrubber: TextScrubber, route: Route) -> Column:
    """How a row was scrubbed: by what, as what, and what was found."""

    def said(part: str | Sequence[str] | None) -> Column:
        return column(part).cast("string") if isinstance(part, str) else F.lit(None).cast("string")

    return F.struct(
        F.lit(scrubber.fingerprint).alias("fingerprint"),
        said(route.languages).alias("language"),
        said(route.countries).alias("country"),
        said(route.conversations).alias("conversation"),
        *(column(_STRUCT)[name].alias(name) for name in FOUND),
    )
