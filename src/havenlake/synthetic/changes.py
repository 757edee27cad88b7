"""What a day did to each table, in numbers: the plain truth that loads are compared with."""

from __future__ import annotations

from havenlake.records import RowCounts
from havenlake.synthetic.database import PlatformDatabase


def changes(database: PlatformDatabase, day: int) -> dict[str, RowCounts]:
    """Counts of each table on a day against the day before; on day 0 everything is inserted."""
    return {table: _counts(database, table, day) for table in database.tables()}


def _counts(database: PlatformDatabase, table: str, day: int) -> RowCounts:
    rows = database.count(table, day)
    if day == 0:
        return RowCounts(read=rows, inserted=rows)
    changed = database.changed_ids(table, day)
    inserted, updated, returned = len(changed.inserted), len(changed.updated), len(changed.returned)
    return RowCounts(
        read=rows,
        inserted=inserted,
        updated=updated,
        deleted=len(changed.deleted),
        returned=returned,
        unchanged=rows - inserted - updated - returned,
    )
