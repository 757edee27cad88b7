"""The one MERGE statement behind bronze and silver, as SQL text.

The source is a staged set of changed rows: the columns to write plus `OP`, one row per identity:
`I` new, `U` changed, `R` returned after a soft delete, `D` vanished, `M` moved to where its row may not lie here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from havenlake.names import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

OP = "_havenlake_op"
"""Column of the operation; like the other names used beside a source's columns, none that a source would use."""
SOFT_DELETE_COLUMNS = ("_deleted_at", "_loaded_at", "_run_id")


@dataclass(frozen=True)
class KeyRange:
    """Smallest and largest changed key of a single integer identity: lets the MERGE skip untouched files."""

    column: str
    low: int
    high: int

    @property
    def sql(self) -> str:
        """The condition on the target side."""
        return f"t.{quoted(self.column)} BETWEEN {self.low} AND {self.high}"


def merge_sql(  # noqa: PLR0913  each is one clause of the statement
    target: str,
    source: str,
    *,
    identity: Sequence[str],
    columns: Sequence[str],
    on_delete: Literal["soft_delete", "delete"],
    absent: Sequence[str] = (),
    same: Sequence[str] = (),
    key_range: KeyRange | None = None,
    emptied: Sequence[str] = (),
) -> str:
    """SQL that applies the staged changes of view `source` to `target` (both already SQL references).

    `columns` are written on insert and update, `absent` ones of the target become NULL on update. A soft delete
    only sets the three deletion columns, taken from the staged row, and keeps the payload until its retention ends.
    With `emptied` there are moved rows: these columns of theirs become NULL beside the soft delete.
    A row that has the same values in all of `same` (columns, or fields of structs, as SQL) is not written again.
    """
    on = [f"t.{quoted(c)} <=> s.{quoted(c)}" for c in identity]
    if key_range is not None:
        on.append(key_range.sql)
    if on_delete == "delete":
        delete = "DELETE"
    else:
        delete = "UPDATE SET " + ", ".join(f"t.{quoted(c)} = s.{quoted(c)}" for c in SOFT_DELETE_COLUMNS)
    moved = delete if on_delete == "delete" else ", ".join([delete, *(f"t.{quoted(c)} = NULL" for c in emptied)])
    move = f"WHEN MATCHED AND s.{OP} = 'M' THEN {moved}\n" if emptied else ""
    absent_here = f"s.{OP} NOT IN ('D', 'M')" if emptied else f"s.{OP} <> 'D'"
    written = [f"t.{quoted(c)} = s.{quoted(c)}" for c in columns]
    equal = " AND ".join(f"t.{c} <=> s.{c}" for c in same)
    differs = f" AND NOT ({equal})" if same else ""
    assignments = ", ".join([*written, *(f"t.{quoted(c)} = NULL" for c in absent)])
    names = ", ".join(quoted(c) for c in columns)
    values = ", ".join(f"s.{quoted(c)}" for c in columns)
    return (
        f"MERGE INTO {target} t USING {source} s ON {' AND '.join(on)}\n"
        f"{move}WHEN MATCHED AND s.{OP} = 'D' THEN {delete}\n"
        f"WHEN MATCHED{differs} THEN UPDATE SET {assignments}\n"
        f"WHEN NOT MATCHED AND {absent_here} THEN INSERT ({names}) VALUES ({values})"
    )
