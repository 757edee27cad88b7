"""Mark rows whose country may not lie here: one expression, evaluated where the row is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from havenlake.transforms._columns import Transform, check_columns, check_new, column, rebuilt

FOREIGN = "_havenlake_foreign"
"""Of a row that may not lie here: the zone it belongs to, '' where its country is not known. Else NULL."""


def with_foreign_zone(
    name: str, home: str, zones: Mapping[str, Sequence[str]], asset: str = "countries", *, added: str = FOREIGN
) -> Transform:
    """Add the zone of rows that do not belong to `home`, by a column of country codes; case and blanks do not count.

    | id | country | | id | country | _havenlake_foreign |
    |---|---|---|---|---|---|
    | 1 | us | → | 1 | us | NULL |
    | 2 | CA | → | 2 | CA | ca |
    | 3 | NULL | → | 3 | NULL | |

    `zones` lists the countries of each zone. An unknown country gives '', which is not NULL: such a row stays out.
    HL-TBL-004 where the column is missing.
    """

    def belongs() -> dict[str, Column]:
        code = F.upper(F.trim(column(name).cast("string")))
        return {zone: code.isin(*codes) for zone, codes in zones.items()}

    return _marking(name, home, belongs, asset, added)


def with_foreign_zone_of_phone(
    name: str, home: str, patterns: Mapping[str, str], asset: str = "countries", *, added: str = FOREIGN
) -> Transform:
    """The same by a column of telephone numbers; `patterns` is a regular expression of each zone's numbers.

    Numbers count without their punctuation, and `00` in front as `+`. One that no pattern matches is unknown.
    """

    def belongs() -> dict[str, Column]:
        digits = F.regexp_replace(column(name).cast("string"), r"[^0-9+]", "")
        number = F.regexp_replace(digits, "^00", "+")
        return {zone: number.rlike(f"^(?:{pattern})$") for zone, pattern in patterns.items()}

    return _marking(name, home, belongs, asset, added)


def _marking(name: str, home: str, belongs: Callable[[], dict[str, Column]], asset: str, added: str) -> Transform:
    """Columns are made when the transform runs: Spark has no session before."""

    def transform(df: DataFrame) -> DataFrame:
        check_columns(df, [name], asset)
        check_new(df, [added], asset)
        conditions = belongs()  # one that is NULL counts as not met
        found = F.when(conditions[home], F.lit(None).cast("string"))
        for zone in (zone for zone in conditions if zone != home):
            found = found.when(conditions[zone], F.lit(zone))
        return rebuilt(df, {}, [found.otherwise(F.lit("")).alias(added)])

    return transform
