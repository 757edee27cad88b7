"""What bronze makes of a source: which columns are encrypted, what is new, what must be refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql.types import StructType

from havenlake.applications.drift_policy import check_drift
from havenlake.config.classification import bronze_encrypted, classify, missing_declared
from havenlake.config.drift import ColumnDrift, DriftKind, column_drift, schema_columns
from havenlake.errors import HavenlakeError
from havenlake.names import FRAMEWORK_COLUMNS
from havenlake.transforms import TYPE_KEY

if TYPE_CHECKING:
    from pyspark.sql.types import StructField

    from havenlake.config import Asset
    from havenlake.names import TableName
    from havenlake.privacy import Keyring
    from havenlake.records import ColumnTreatments


HASH_SCHEME_KEY = "havenlake.hash"
"""Key of the field metadata of `_row_hash` that records how, and under which key, rows were hashed."""


@dataclass(frozen=True)
class BronzeContract:
    """How the columns of one source arrive in bronze. `encrypted` are written as ciphertext, `left_out` not at all."""

    treatments: ColumnTreatments
    encrypted: tuple[str, ...]
    left_out: tuple[str, ...]
    drift: tuple[ColumnDrift, ...]
    notes: tuple[str, ...]


def bronze_contract(
    asset: Asset, source: StructType, existing: StructType | None, target: TableName, known: str = ""
) -> BronzeContract:
    """Classify the source's columns and hold them against the table that exists.

    `known` is the source's schema at the last good load, as JSON. Raises HL-TBL-001 and HL-TBL-004 for declared
    columns that are nowhere, HL-TBL-003 for a type that changed, HL-TBL-008 for drift that the asset refuses.
    """
    types = {f.name: f.dataType.simpleString() for f in source.fields}
    _check_declared(asset, types, existing, target)
    taken = {name: kind for name, kind in types.items() if name not in asset.dropped_columns}
    drift = () if existing is None else column_drift(_columns_before(existing, known), taken)
    held = check_drift(asset, drift, _sealed(existing), target)
    treatments = classify(asset, {name: kind for name, kind in types.items() if name not in held})
    sealed_before = _sealed(existing)
    # a column that was encrypted once stays so, though it may have been declared clear since: silver opens it
    sealed = {*bronze_encrypted(asset, types), *(set(treatments.clear) & sealed_before)} - set(held)
    encrypted = tuple(c for c in types if c in sealed)
    if existing is not None:
        _check_encrypted(existing, encrypted, sealed_before, target)
    return BronzeContract(
        treatments=treatments,
        encrypted=encrypted,
        left_out=(*treatments.dropped, *held),
        drift=drift,
        notes=_notes(treatments, drift, held),
    )


def hash_scheme(existing: StructType | None, keyring: Keyring, target: TableName) -> str:
    """The scheme to hash and compare rows under: the one the table was written under, else that of the active key.

    HL-TBL-006 for a scheme whose keys the keyring lacks: every row would look changed.
    """
    if existing is None:
        return keyring.hash_scheme(target.asset)
    written = existing["_row_hash"].metadata.get(HASH_SCHEME_KEY)
    if written is None or keyring.scheme_keys(target.asset, written) is None:
        raise HavenlakeError(
            "HL-TBL-006",
            f"rows were hashed under {written or 'an unknown scheme'}, the keyring has "
            f"{keyring.hash_scheme(target.asset)}",
            where=str(target),
            hint="bring back the keyring the table was loaded with",
        )
    return str(written)


def sealed_type(field: StructField) -> str | None:
    """JSON of the type a ciphertext column had in the source; None for a clear column."""
    recorded = field.metadata.get(TYPE_KEY)
    return str(recorded) if recorded is not None else None


def source_type(recorded: str | None) -> str | None:
    """Simple name of the type that `sealed_type` gives."""
    if recorded is None:
        return None
    field = {"name": "value", "type": json.loads(recorded), "nullable": True, "metadata": {}}
    return StructType.fromJson({"type": "struct", "fields": [field]})["value"].dataType.simpleString()


def _sealed(schema: StructType | None) -> frozenset[str]:
    return frozenset(f.name for f in schema.fields if sealed_type(f)) if schema is not None else frozenset()


def _check_declared(asset: Asset, types: dict[str, str], existing: StructType | None, target: TableName) -> None:
    known = set(types) | (set(existing.fieldNames()) if existing is not None else set())
    for column in missing_declared(asset, types):
        if column in asset.identity:
            raise HavenlakeError(
                "HL-TBL-001",
                f"identity column '{column}' is not among the source's columns: {', '.join(types)}",
                where=str(target),
                hint="correct `identity` in the data asset, or the export",
            )
        if column not in known:
            raise HavenlakeError(
                "HL-TBL-004",
                f"declared column '{column}' is not among the source's columns: {', '.join(types)}",
                where=str(target),
                hint="correct its name in the data asset",
            )


def _columns_before(existing: StructType, known: str) -> dict[str, str]:
    """Names and source types of the table's columns, without those that the source had lost by the last good load."""
    last = schema_columns(known)
    here = None if last is None else {name.casefold() for name in last}
    return {
        f.name: source_type(sealed_type(f)) or f.dataType.simpleString()
        for f in existing.fields
        if f.name not in FRAMEWORK_COLUMNS and (here is None or f.name.casefold() in here)
    }


def _check_encrypted(
    existing: StructType, encrypted: tuple[str, ...], sealed_before: frozenset[str], target: TableName
) -> None:
    """Refuse to encrypt from now on what lies there in clear: that would protect nothing."""
    there = {f.name: f.dataType.simpleString() for f in existing.fields}
    for column in encrypted:
        if column in there and column not in sealed_before:
            raise HavenlakeError(
                "HL-TBL-003",
                f"column '{column}' is {there[column]} in clear in the table and encrypted in this load",
                where=str(target),
                hint="move the table aside and load it anew: encrypting new rows beside clear ones protects nothing",
            )


def _notes(treatments: ColumnTreatments, drift: tuple[ColumnDrift, ...], held: tuple[str, ...]) -> tuple[str, ...]:
    renamed = [d.sentence for d in drift if d.kind is DriftKind.RENAMED]
    parts = (
        ("held back from silver until classified", treatments.held_back),
        ("not taken until classified (drift: hold)", held),
        ("new name to be named in the asset", renamed),
    )
    return tuple(f"{what}: {', '.join(names)}" for what, names in parts if names)
