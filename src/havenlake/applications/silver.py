"""What silver makes of bronze: which columns arrive clear, as ciphertext, scrubbed, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.applications.bronze import sealed_type, source_type
from havenlake.config.classification import classify
from havenlake.names import FRAMEWORK_COLUMNS, SCRUB
from havenlake.transforms import (
    decrypt_columns,
    project,
    scrub_columns,
    with_comments,
    with_ingest_metadata,
    with_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from havenlake.applications.scrub_context import ScrubContext
    from havenlake.config import Asset
    from havenlake.privacy import Binding, Keyring, TextScrubber
    from havenlake.records import ColumnTreatments


@dataclass(frozen=True)
class SilverContract:
    """How bronze columns arrive in silver, in order. `opened` are clear columns that bronze keeps encrypted."""

    treatments: ColumnTreatments
    columns: tuple[str, ...]
    opened: tuple[str, ...]
    clear_in_bronze: tuple[str, ...]
    notes: tuple[str, ...]


def silver_contract(asset: Asset, bronze: StructType, scrubber: TextScrubber | None) -> SilverContract:
    """Classify bronze's columns by the types they had in the source."""
    types = {f.name: source_type(sealed_type(f)) or f.dataType.simpleString() for f in bronze.fields}
    types = {name: kind for name, kind in types.items() if name not in FRAMEWORK_COLUMNS}
    treatments = classify(asset, types)
    sealed = {f.name for f in bronze.fields if sealed_type(f)}
    arriving = {*treatments.clear, *treatments.encrypted, *treatments.scrubbed}
    notes = []
    if treatments.held_back:
        notes.append(f"held back until classified: {', '.join(treatments.held_back)}")
    if treatments.scrubbed and scrubber is None:
        notes.append(f"no scrub_policy is set, so NULL: {', '.join(treatments.scrubbed)}")
    return SilverContract(
        treatments=treatments,
        columns=tuple(c for c in types if c in arriving),
        opened=tuple(c for c in treatments.clear if c in sealed),
        clear_in_bronze=tuple(c for c in treatments.scrubbed if c not in sealed),
        notes=tuple(notes),
    )


def silver_payload(  # noqa: PLR0913  # all that a row of silver is made of
    contract: SilverContract,
    scrubber: TextScrubber | None,
    keyring: Keyring,
    binding: Binding,
    context: ScrubContext,
    *,
    contract_id: str,
    run_id: str,
    loaded_at: datetime,
    comments: Mapping[str, str],
) -> Callable[[DataFrame], DataFrame]:
    """Turn bronze rows into silver rows: add their context, decrypt and scrub in one hop, project, stamp."""
    scrubbed = contract.treatments.scrubbed
    audit = SCRUB if scrubbed and scrubber is not None else None
    stamps = ("_scrub", "_row_hash", "_checksum", "_contract", "_loaded_at", "_run_id")
    kept = stamps if audit else stamps[1:]
    tokens = tuple(f"{c}_token" for c in contract.treatments.tokens)
    joined = context.rows.columns if context.rows else ()

    def payload(rows: DataFrame) -> DataFrame:
        if context.rows is not None:
            rows = context.rows.joined(rows)
        rows = rows.transform(project((*contract.columns, "_row_hash", "_checksum", *joined), binding.asset))
        rows = rows.transform(with_tokens(contract.treatments.tokens, keyring, binding.asset, sealed=binding))
        if contract.opened:
            rows = rows.transform(decrypt_columns(contract.opened, keyring, binding))
        scrub = scrub_columns(
            scrubbed,
            scrubber,
            keyring,
            binding,
            languages=context.languages,
            countries=context.countries,
            conversations=context.conversations,
            clear=contract.clear_in_bronze,
            audit=audit,
        )
        rows = rows.transform(scrub)
        rows = rows.select("*", F.lit(contract_id).alias("_contract"))
        rows = rows.transform(with_ingest_metadata(run_id, "", loaded_at))
        return rows.transform(project((*contract.columns, *tokens, *kept))).transform(with_comments(comments))

    return payload
