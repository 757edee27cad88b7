"""What bronze makes of a source: which columns are encrypted, what is new, what must be refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql.types import StructType

from havenlake.config.classification import bronze_encrypted, classify, missing_declared
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
    """How the columns of one source arrive in bronze. `encrypted` are those written as ciphertext."""

    treatments: ColumnTreatments
    encrypted: tuple[str, ...]
    schema_changes: tuple[str, ...]
    notes: tuple[str, ...]


def bronze_contract(asset: Asset, source: StructType, existing: StructType | None, target: TableName) -> BronzeContract:
    """Classify the source's columns and hold them against the table that exists.

    Raises HL-TBL-001 and HL-TBL-004 for declared columns that are nowhere, HL-TBL-003 for a type that changed.
    """
    types = {f.name: f.dataType.simpleString() for f in source.fields}
    _check_declared(asset, types, existing, target)
    treatments = classify(asset, types)
    sealed_before = _sealed(existing)
    # a column that was encrypted once stays so, though it may have been declared clear since: silver opens it
    sealed = {*bronze_encrypted(asset, types), *(set(treatments.clear) & sealed_before)}
    encrypted = tuple(c for c in types if c in sealed)
    if existing is not None:
        _check_types(source, existing, encrypted, sealed_before, treatments, target)
    return BronzeContract(
        treatments=treatments,
        encrypted=encrypted,
        schema_changes=_schema_changes(types, existing, treatments),
        notes=_notes(treatments),
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


def _check_types(
    source: StructType,
    existing: StructType,
    encrypted: tuple[str, ...],
    sealed_before: frozenset[str],
    treatments: ColumnTreatments,
    target: TableName,
) -> None:
    before = {f.name: f.dataType.simpleString() for f in existing.fields}
    for field in source.fields:
        now = field.dataType.simpleString()
        if field.name not in before or field.name in treatments.dropped:
            continue
        if field.name in encrypted:
            if field.name not in sealed_before:
                raise _changed(field.name, f"{before[field.name]} in clear", "encrypted", target)
            recorded = source_type(sealed_type(existing[field.name]))
            if recorded != now:
                raise _changed(field.name, f"{recorded}, encrypted,", now, target)
        elif before[field.name] != now:
            raise _changed(field.name, before[field.name], now, target)


def _changed(column: str, before: str, now: str, target: TableName) -> HavenlakeError:
    return HavenlakeError(
        "HL-TBL-003",
        f"column '{column}' is {before} in the table and {now} in this load",
        where=str(target),
        hint="bring the export back to the old type, or move the table aside and load it anew",
    )


def _schema_changes(
    types: dict[str, str], existing: StructType | None, treatments: ColumnTreatments
) -> tuple[str, ...]:
    if existing is None:
        return ()
    before = set(existing.fieldNames()) - set(FRAMEWORK_COLUMNS)
    added = [f"+ {c} {types[c]}" for c in types if c not in before and c not in treatments.dropped]
    gone = [f"- {c} (kept, NULL from now on)" for c in existing.fieldNames() if c in before and c not in types]
    return (*added, *gone)


def _notes(treatments: ColumnTreatments) -> tuple[str, ...]:
    if not treatments.held_back:
        return ()
    return (f"held back from silver until classified: {', '.join(treatments.held_back)}",)
