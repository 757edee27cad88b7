"""What happens to each column, decided from the asset and the column's type; fails closed.

A column is *classified* when any key of its asset names it. Unclassified columns that can carry text or nested
values are encrypted in bronze and held back from silver from the first load on; other unclassified types pass.

| the asset says                                     | bronze    | silver                        |
|----------------------------------------------------|-----------|-------------------------------|
| nothing, and the type cannot carry text            | clear     | clear                         |
| nothing, and the type can                          | encrypted | absent (held back)            |
| identity, md5_checksum, context, `columns: clear`  | clear     | clear                         |
| encrypted, `columns: encrypt`                      | encrypted | the same ciphertext           |
| scrubbing, `columns: scrub`                        | encrypted | scrubbed; NULL without a scrubber |
| scrubbing and clear_in_bronze                      | clear     | scrubbed; NULL without a scrubber |
| `columns: drop`                                    | absent    | absent                        |

Column names are case-sensitive. Types are Spark's simple names, as `DataType.simpleString()` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from havenlake.config.assets import Asset
from havenlake.records import ColumnTreatments

_SAFE_TYPES = re.compile(
    r"boolean|tinyint|smallint|int|bigint|float|double|decimal(\(\d+,\d+\))?|date|timestamp(_ntz|_ltz)?|time(\(\d\))?"
    r"|void|interval .*|byte|short|integer|long"
)


class Treatment(StrEnum):
    """What happens to one column."""

    CLEAR = "clear"
    ENCRYPTED = "encrypted"
    SCRUBBED = "scrubbed"
    HELD_BACK = "held_back"
    DROPPED = "dropped"


@dataclass(frozen=True)
class BronzeColumns:
    """Source columns as bronze keeps them."""

    clear: tuple[str, ...]
    encrypted: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True)
class SilverColumns:
    """Source columns as silver shows them; `scrubbed` ones become NULL where no scrubber can run."""

    clear: tuple[str, ...]
    ciphertext: tuple[str, ...]
    scrubbed: tuple[str, ...]
    held_back: tuple[str, ...]


def can_carry_text(type_name: str) -> bool:
    """Whether values of a Spark type may hold text; unknown types may.

    >>> can_carry_text("bigint"), can_carry_text("array<int>"), can_carry_text("variant")
    (False, True, True)
    """
    return _SAFE_TYPES.fullmatch(type_name.strip().lower()) is None


def classified_columns(asset: Asset) -> tuple[str, ...]:
    """Every column that any key of the asset names."""
    keys = (asset.identity, asset.encrypted, asset.scrubbing, asset.md5_checksum, tuple(asset.columns))
    context = asset.context.own_columns if asset.context else ()
    event_time = asset.freshness.event_time if asset.freshness else None
    rest = (asset.tokens, asset.clear_in_bronze, context, (event_time,) if event_time else ())
    return tuple(dict.fromkeys(column for names in (*keys, *rest) for column in names))


def treatment(asset: Asset, column: str, type_name: str) -> Treatment:
    """What happens to one column of a given Spark type."""
    if column in asset.dropped_columns:
        return Treatment.DROPPED
    if column in asset.scrubbed_columns:
        return Treatment.SCRUBBED
    if column in asset.encrypted_columns:
        return Treatment.ENCRYPTED
    if column not in classified_columns(asset) and can_carry_text(type_name):
        return Treatment.HELD_BACK
    return Treatment.CLEAR


def classify(asset: Asset, columns: Mapping[str, str]) -> ColumnTreatments:
    """Treatment of every source column, given as name → Spark type; order is kept."""
    found = {column: treatment(asset, column, type_name) for column, type_name in columns.items()}

    def names(wanted: Treatment) -> tuple[str, ...]:
        return tuple(column for column, given in found.items() if given is wanted)

    return ColumnTreatments(
        clear=names(Treatment.CLEAR),
        encrypted=names(Treatment.ENCRYPTED),
        scrubbed=names(Treatment.SCRUBBED),
        held_back=names(Treatment.HELD_BACK),
        dropped=names(Treatment.DROPPED),
        tokens=tuple(column for column in asset.tokens if column in columns),
    )


def bronze_columns(asset: Asset, columns: Mapping[str, str]) -> BronzeColumns:
    """Which source columns bronze keeps clear, encrypts and drops, in source order."""
    encrypted = bronze_encrypted(asset, columns)
    dropped = tuple(column for column in columns if column in asset.dropped_columns)
    return BronzeColumns(tuple(c for c in columns if c not in {*encrypted, *dropped}), encrypted, dropped)


def bronze_encrypted(asset: Asset, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Columns bronze holds as ciphertext: encrypted, held back, and scrubbed unless clear in bronze."""
    found = classify(asset, columns)
    sealed = {*found.encrypted, *found.held_back, *found.scrubbed} - (
        set(asset.clear_in_bronze) - set(asset.encrypted_columns)
    )
    return tuple(column for column in columns if column in sealed)


def silver_columns(asset: Asset, columns: Mapping[str, str]) -> SilverColumns:
    """Which source columns silver shows clear, as bronze's ciphertext, scrubbed, and not at all."""
    found = classify(asset, columns)
    return SilverColumns(found.clear, found.encrypted, found.scrubbed, found.held_back)


def unclassified(asset: Asset, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Columns that no key names: `plan` lists them."""
    known = classified_columns(asset)
    return tuple(column for column in columns if column not in known)


def missing_declared(asset: Asset, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Columns the asset names that the source does not have; dropped ones may be absent."""
    return tuple(c for c in classified_columns(asset) if c not in columns and c not in asset.dropped_columns)
