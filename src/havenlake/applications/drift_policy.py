"""What an asset lets happen when its source's schema drifts (`drift: evolve | hold | freeze`).

| | evolve | hold | freeze |
|---|---|---|---|
| added | taken; held back from silver where it can carry text | not taken until classified | stops |
| removed | kept, NULL from now on | as evolve | stops |
| likely renamed | as removed and added; stops where it would lose its encryption | as removed and added | stops |
| widened | the table's column is widened | stops | stops |
| narrowed, changed | stops | stops | stops |

What stops a table touches nothing: no row, no column, no property.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from havenlake.config.classification import Treatment, can_carry_text, classified_columns, treatment
from havenlake.config.drift import ColumnDrift, DriftKind
from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from havenlake.config import Asset
    from havenlake.names import TableName

_SHOWN = 5


def check_drift(
    asset: Asset, drift: Sequence[ColumnDrift], sealed: Collection[str], target: TableName
) -> tuple[str, ...]:
    """The added columns that are not taken. `sealed` are the columns the table holds encrypted.

    Raises HL-TBL-003 for a type that cannot be carried over, HL-TBL-008 for what the asset does not let in.
    """
    for change in drift:
        _check_type(change, sealed, asset, target)
    if asset.drift == "freeze" and drift:
        raise _refused(f"drift: freeze, and the source has {_listing(drift)}", target, "freeze")
    for change in drift:
        if _unprotected(asset, change, sealed):
            raise _refused(
                f"column '{change.column}' is likely '{change.former}' under a new name, which the table encrypts",
                target,
                "renamed",
            )
    if asset.drift != "hold":
        return ()
    known = classified_columns(asset)
    new = (d.column for d in drift if d.kind in (DriftKind.ADDED, DriftKind.RENAMED))
    return tuple(column for column in new if column not in known)


def drift_lines(
    drift: Sequence[ColumnDrift], left_out: Collection[str], since: Mapping[ColumnDrift, datetime | None]
) -> tuple[str, ...]:
    """The differences as a plan shows them: what comes, what goes, what is widened, and since when."""
    return tuple(f"{text}{_since(since[change])}" for change in drift for text in _lines(change, left_out))


def _lines(change: ColumnDrift, left_out: Collection[str]) -> tuple[str, ...]:
    if change.kind is DriftKind.WIDENED:
        return (f"~ {change.column} {change.before} → {change.after} (widened)",)
    gone = f"- {change.former or change.column} (kept, NULL from now on)"
    if change.kind is DriftKind.REMOVED:
        return (gone,)
    came = f"+ {change.column} {change.after}"
    came += " (not taken: drift is hold)" if change.column in left_out else ""
    return (came,) if change.former is None else (f"{came}, likely {change.former} under a new name", gone)


def _since(first: datetime | None) -> str:
    return f", first seen {first:%Y-%m-%d %H:%M} UTC" if first else ""


def _check_type(change: ColumnDrift, sealed: Collection[str], asset: Asset, target: TableName) -> None:
    widened = change.kind is DriftKind.WIDENED
    if change.kind not in (DriftKind.NARROWED, DriftKind.CHANGED) and not (widened and asset.drift == "hold"):
        return
    before = f"{change.before}, encrypted," if change.column in sealed else change.before
    hint = "bring the export back to the old type, or move the table aside and load it anew"
    raise HavenlakeError(
        "HL-TBL-003",
        f"column '{change.column}' is {before} in the table and {change.after} in this load",
        where=str(target),
        hint="the table can be widened: set `drift: evolve` on the asset" if widened else hint,
    )


def _unprotected(asset: Asset, change: ColumnDrift, sealed: Collection[str]) -> bool:
    """Whether an encrypted column would go on in clear under its new name, because nothing names that yet."""
    if change.kind is not DriftKind.RENAMED or change.former not in sealed or change.after is None:
        return False
    if change.column in classified_columns(asset) or can_carry_text(change.after):
        return False
    return asset.drift == "evolve" and treatment(asset, change.column, change.after) is Treatment.CLEAR


def _listing(drift: Sequence[ColumnDrift]) -> str:
    shown = "; ".join(d.sentence for d in drift[:_SHOWN])
    return shown if len(drift) <= _SHOWN else f"{shown}; and {len(drift) - _SHOWN} more"


def _refused(message: str, target: TableName, why: Literal["freeze", "renamed"]) -> HavenlakeError:
    hints = {
        "freeze": "agree on the change with the table's owner, then set `drift: evolve` for one load",
        "renamed": "name the new column in the asset, under the keys of the old one",
    }
    return HavenlakeError("HL-TBL-008", message, where=str(target), hint=hints[why])
