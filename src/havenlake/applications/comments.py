"""What tables and columns say of themselves: how each is treated in its layer, and why a value may be NULL.

The texts change only with the contract of the table. The table's own comment hangs on two columns' comments, so that
what is to be renewed can be told from the schema alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from havenlake.records import RENEWED
from havenlake.transforms import COMMENT_KEY

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

    from havenlake.applications.bronze import BronzeContract
    from havenlake.applications.silver import SilverContract
    from havenlake.config import Asset
    from havenlake.names import TableName
    from havenlake.tables import DeltaStore

_LONGEST = 250
"""Characters that every catalog takes."""
_BRONZE = "Bronze: every row that the source had, sensitive columns encrypted."
_SILVER = "Silver: one current row per identity."
_FRAMEWORK = {
    "_row_hash": "Keyed hash of all columns of the source row: tells whether it changed.",
    "_checksum": "Keyed hash of the columns under md5_checksum; NULL where the data asset lists none.",
    "_loaded_at": "When the row was last written.",
    "_run_id": "The run that last wrote the row; see the ledger.",
    "_source": "Fingerprint of the source that the row came from.",
    "_deleted_at": "When the row was first missing from the source; NULL for a live row.",
    "_contract": "Fingerprint of the contract under which the row was written.",
    "_scrub": "By which scrubber and as what the texts of the row were scrubbed, and how many details were found.",
}


@dataclass(frozen=True)
class Comments:
    """Comments of a table and its columns. `marks` are columns whose comments change whenever the table's does."""

    table: str
    columns: Mapping[str, str]
    marks: tuple[str, ...] = field(default=())

    def stale(self, schema: StructType) -> Comments:
        """What differs from a table's schema; the table's own text is empty when it is as it should be."""
        now = {f.name: f.metadata.get(COMMENT_KEY) for f in schema.fields}
        columns = {name: text for name, text in self.columns.items() if name in now and now[name] != text}
        return Comments(self.table if set(self.marks) & set(columns) else "", columns)

    def __bool__(self) -> bool:
        return bool(self.columns)

    @property
    def schema_changes(self) -> tuple[str, ...]:
        """How a plan tells it."""
        return (f"{RENEWED}comments of {len(self.columns)} column(s)",) if self.columns else ()

    def write_table(self, store: DeltaStore, name: TableName) -> None:
        """Set the table's own comment where it differs."""
        if self.table:
            store.set_comments(name, {}, self.table)

    def write(self, store: DeltaStore, name: TableName) -> None:
        """Set what differs; nothing is committed when nothing does."""
        if self.columns:
            store.set_comments(name, self.columns, self.table or None)


NOTHING_STALE = Comments("", {})


def bronze_comments(asset: Asset, contract: BronzeContract, source: StructType, zone: str) -> Comments:
    """Comments of a bronze table."""
    columns = {
        f.name: _bronze(f.name, f.dataType.simpleString(), contract, zone)
        for f in source.fields
        if f.name not in contract.treatments.dropped
    }
    return _comments(asset, columns, _BRONZE, "")


def _bronze(name: str, kind: str, contract: BronzeContract, zone: str) -> str:
    given = contract.treatments
    sealed = f"Encrypted with AES-256-GCM, {_short(kind)} in the source, readable with the keys of zone {zone} only"
    if name in given.scrubbed:
        return (
            f"{sealed}; scrubbed on its way to silver."
            if name in contract.encrypted
            else ("In clear here (clear_in_bronze); scrubbed on its way to silver.")
        )
    if name in given.held_back:
        return f"{sealed}; held back from silver, because no key of the data asset names it."
    if name in given.encrypted:
        return f"{sealed}; the same in silver."
    if name in contract.encrypted:
        return f"{sealed}; declared clear since, and clear in silver."
    return "In clear, as in the source."


def silver_comments(
    asset: Asset, contract: SilverContract, zone: str, policy: str | None, *, scrubbed: bool
) -> Comments:
    """Comments of a silver table; `scrubbed` says whether a scrubber is there, `policy` by which rules it works."""
    given = contract.treatments
    columns = {name: _silver(name, contract, zone, policy, scrubbed=scrubbed) for name in contract.columns}
    columns |= {
        f"{name}_token": f"Keyed token of {name}: joins rows of the zone, shows no value." for name in given.tokens
    }
    held_back = f" Held back until classified: {', '.join(given.held_back)}." if given.held_back else ""
    return _comments(asset, columns, _SILVER, held_back)


def _silver(name: str, contract: SilverContract, zone: str, policy: str | None, *, scrubbed: bool) -> str:
    if name in contract.treatments.encrypted:
        return f"Encrypted with AES-256-GCM, the same as in bronze: readable with the keys of zone {zone} only."
    if name not in contract.treatments.scrubbed:
        return "In clear, as in the source."
    if not scrubbed:
        return "NULL in every row, because no scrubber is configured for this text; bronze holds it encrypted."
    return f"Scrubbed of personal details, by policy {policy}." if policy else "Scrubbed of personal details."


def _comments(asset: Asset, columns: dict[str, str], layer: str, held_back: str) -> Comments:
    description = f"{asset.description.strip()} " if asset.description else ""
    identity = asset.identity[0]
    if identity in columns:
        columns[identity] = f"Names a row. {columns[identity]} {description}".strip()
    framework = {**_FRAMEWORK, "_contract": _FRAMEWORK["_contract"] + held_back}
    cut = {name: _cut(text) for name, text in {**columns, **framework}.items()}
    return Comments(_cut(f"{description}{layer}{held_back}"), cut, (identity, "_contract"))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _short(kind: str) -> str:
    return kind if len(kind) <= 40 else f"{kind.partition('<')[0]}<…>"
