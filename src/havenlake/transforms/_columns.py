"""Addressing columns safely: names may be dotted, mixed-case or Unicode, and one select rebuilds the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.privacy import Binding

Transform = Callable[[DataFrame], DataFrame]


def column(name: str) -> Column:
    """The column of exactly this name."""
    return F.col(quoted(name))


def rebuilt(df: DataFrame, replaced: Mapping[str, Column], added: Sequence[Column] = ()) -> DataFrame:
    """The frame with columns replaced in place and others added at the end, by one select."""
    return df.select(*(replaced.get(name, column(name)) for name in df.columns), *added)


def types_of(df: DataFrame) -> dict[str, DataType]:
    """Type of each column."""
    return {field.name: field.dataType for field in df.schema.fields}


def metadata_of(df: DataFrame) -> dict[str, dict[str, Any]]:
    """Field metadata (comment, recorded type) of each column."""
    return {field.name: dict(field.metadata) for field in df.schema.fields}


def check_columns(df: DataFrame, names: Iterable[str], asset: str) -> None:
    """Refuse declared columns that the frame lacks (HL-TBL-004): a silent skip would leave them clear."""
    missing = [name for name in names if name not in df.columns]
    if missing:
        raise _missing("HL-TBL-004", "declared", missing, df, asset)


def check_identity(df: DataFrame, binding: Binding) -> None:
    """Refuse a frame without the identity columns (HL-TBL-001)."""
    missing = [name for name in binding.identity if name not in df.columns]
    if missing:
        raise _missing("HL-TBL-001", "identity", missing, df, binding.asset)


def check_new(df: DataFrame, names: Iterable[str], asset: str) -> None:
    """Refuse to add a column whose name is taken (HL-SRC-006)."""
    taken = {name.casefold() for name in df.columns}
    clashing = [name for name in names if name.casefold() in taken]
    if clashing:
        raise HavenlakeError(
            "HL-SRC-006", f"column '{clashing[0]}' exists already", where=asset, hint="rename the source's column"
        )


def _missing(code: str, kind: str, missing: Sequence[str], df: DataFrame, asset: str) -> HavenlakeError:
    near = get_close_matches(missing[0], df.columns, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "columns here: " + ", ".join(df.columns[:20])
    names = ", ".join(f"'{name}'" for name in missing)
    return HavenlakeError(code, f"{kind} column {names} is missing", where=asset, hint=hint)
