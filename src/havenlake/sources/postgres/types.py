"""How each PostgreSQL type travels: what the pushed query asks for, and what Spark makes of it.

Numbers, truth values and bytes travel as they are. Everything that drivers or time zones might bend (dates, times,
arrays) travels as the text PostgreSQL prints, and Spark reads it back exactly. A type not listed here is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.sources.postgres.failures import UNFIT

if TYPE_CHECKING:
    from pyspark.sql import Column

    from havenlake.sources.postgres.catalog import PgColumn, PgType

_PRINTED = "CASE WHEN {v} IS NOT NULL THEN format('%s', {v}) END"
"""As psql shows it: a plain cast would strip blanks of char(n) and add a mask to an inet."""
_MAX_DIGITS = 38


@dataclass(frozen=True)
class Rule:
    """`text` is SQL for the value as text, `unfit` for "cannot be carried"; `native` is SQL where JDBC is exact."""

    spark: T.DataType
    text: str = _PRINTED
    native: str | None = None
    unfit: str | None = None


@dataclass(frozen=True)
class Carried:
    """One column on its way: the pushed expression, the type that must arrive, and the final type."""

    sql: str
    wire: T.DataType
    spark: T.DataType
    bytes_as_text: bool = False

    def decode(self, arrived: Column) -> Column:
        """The value in its final type."""
        if not isinstance(self.spark, T.ArrayType):
            return arrived if self.wire == self.spark else arrived.cast(self.spark)
        element = self.spark.elementType
        texts = F.from_json(arrived, "array<string>", {"mode": "FAILFAST"})
        if isinstance(element, T.StringType):
            return texts
        return F.transform(texts, F.unhex if isinstance(element, T.BinaryType) else lambda text: text.cast(element))


def _plain(spark: T.DataType) -> Rule:
    return Rule(spark, text="{v}::text", native="{v}")


_TEXT = Rule(T.StringType(), text="{v}::text")
_AS_PRINTED = Rule(T.StringType())
_PRINTED_TYPES = (
    *("bpchar", "char", "name", "uuid", "json", "jsonb", "xml", "bit", "varbit", "time", "timetz", "interval"),
    *("inet", "cidr", "macaddr", "macaddr8", "tsvector", "tsquery", "jsonpath"),
    *("point", "line", "lseg", "box", "path", "polygon", "circle"),
)
_RULES: Mapping[str, Rule] = {
    "int2": _plain(T.ShortType()),
    "int4": _plain(T.IntegerType()),
    "int8": _plain(T.LongType()),
    "bool": _plain(T.BooleanType()),
    "float4": _plain(T.FloatType()),
    "float8": _plain(T.DoubleType()),
    "bytea": Rule(T.BinaryType(), text="encode({v}, 'hex')", native="{v}"),
    "text": _TEXT,
    "varchar": _TEXT,
    "money": Rule(T.StringType(), text="{v}::numeric::text"),  # printed, it would follow the server's locale
    "date": Rule(T.DateType(), text="{v}::text", unfit="{v} < '0001-01-01' OR {v} > '9999-12-31'"),
    "timestamp": Rule(
        T.TimestampNTZType(), text="{v}::text", unfit="{v} < '0001-01-01' OR {v} >= '10000-01-01 00:00:00'"
    ),
    "timestamptz": Rule(
        T.TimestampType(),
        text="({v} AT TIME ZONE 'UTC')::text || 'Z'",
        unfit="{v} < '0001-01-01 00:00:00+00' OR {v} >= '10000-01-01 00:00:00+00'",
    ),
    **dict.fromkeys(_PRINTED_TYPES, _AS_PRINTED),
}
_EXTENSION_TYPES = ("citext", "hstore", "ltree")
_PRINTED_KINDS = ("e", "r", "m")  # enums, ranges, multiranges


def carried(column: PgColumn, number: int, table: str, *, as_text: bool) -> Carried:
    """How a column travels; HL-SRC-007 for a type that nobody has thought through."""
    value = f"t.{_quoted(column.name)}"
    if as_text:
        return Carried(_PRINTED.format(v=value), T.StringType(), T.StringType())
    kind = column.type
    rule = rule_of(kind.element or kind)
    if rule is None:
        raise HavenlakeError(
            "HL-SRC-007",
            f"column '{column.name}' has type {column.written}, which cannot be carried without loss",
            where=f"table '{table}'",
            hint=f"carry it as PostgreSQL prints it: `as_text: [{table}.{column.name}]`; or leave it out by a view",
        )
    if kind.element is not None:
        return Carried(_array(rule, value, number), T.StringType(), T.ArrayType(rule.spark))
    if rule.native is None:
        return Carried(_guarded(rule, value, rule.text, number), T.StringType(), rule.spark)
    return Carried(_guarded(rule, value, rule.native, number), rule.spark, rule.spark)


def rule_of(kind: PgType) -> Rule | None:
    """The rule of a scalar type; None for one that is not known."""
    if kind.element is not None:
        return None
    if not kind.built_in:
        return _AS_PRINTED if kind.kind in _PRINTED_KINDS or kind.name in _EXTENSION_TYPES else None
    if kind.name == "numeric":
        return _numeric(kind.modifier)
    return _AS_PRINTED if kind.kind in _PRINTED_KINDS else _RULES.get(kind.name)


def _numeric(modifier: int) -> Rule:
    """Decimal where Spark has one for every value, else text."""
    precision, scale = digits(modifier)
    if modifier < 0 or precision > _MAX_DIGITS or not 0 <= scale <= precision:
        return _TEXT
    return Rule(T.DecimalType(precision, scale), text="{v}::text", native="{v}", unfit="{v} = 'NaN'")


def digits(modifier: int) -> tuple[int, int]:
    """Precision and scale that a numeric's type modifier holds.

    >>> digits(655366)
    (10, 2)
    """
    packed = modifier - 4
    return (packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024


def _guarded(rule: Rule, value: str, template: str, number: int) -> str:
    """The value, or an error that names the column by number. It is no constant, so nothing folds it beforehand."""
    told = template.format(v=value)
    if rule.unfit is None:
        return told
    stop = f"('{UNFIT}{number}' || left({value}::text, 0))::numeric"
    if isinstance(rule.spark, T.DecimalType) and template == rule.native:
        size = f"numeric({rule.spark.precision}, {rule.spark.scale})"
        return f"CAST(CASE WHEN {rule.unfit.format(v=value)} THEN {stop} ELSE {told} END AS {size})"
    return f"CASE WHEN {rule.unfit.format(v=value)} THEN {stop}::text ELSE {told} END"


def _array(rule: Rule, value: str, number: int) -> str:
    """A JSON array of texts. Several dimensions or another first index than 1 have no counterpart."""
    element = _guarded(rule, "u.v", rule.text, number)
    stop = f"('{UNFIT}{number}' || left({value}::text, 0))::numeric::text"
    ordered = f"ARRAY(SELECT {element} FROM unnest({value}) WITH ORDINALITY AS u(v, o) ORDER BY u.o)"
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN array_ndims({value}) > 1 OR array_lower({value}, 1) <> 1 "
        f"THEN {stop} ELSE array_to_json({ordered})::text END"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
