"""Whether a table's last snapshot had a normal number of rows."""

from __future__ import annotations

from havenlake.config.objectives import Volume


def breaches(volume: Volume, rows: int, before: int | None) -> bool:
    """Whether a number of rows lies outside the objective; `before` is that of the snapshot before.

    >>> breaches(Volume(max_change=0.5), 40, 100), breaches(Volume(min_rows=10), 40, None)
    (True, False)
    """
    if volume.min_rows is not None and rows < volume.min_rows:
        return True
    if volume.max_rows is not None and rows > volume.max_rows:
        return True
    return bool(volume.max_change is not None and before and abs(rows - before) / before > volume.max_change)
