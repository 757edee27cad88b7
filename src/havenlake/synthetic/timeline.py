"""Which rows of a table exist on which day, and what happened to them: a pure function of (seed, table, id, day).

Days come in threes: 1, 4, 7, … are days of changes, 2, 5, 8, … days of returns, 3, 6, 9, … days of drift.
Keys run from 1; a day of changes appends 0.5 % newer ones. Every hundredth row is edited and every thousandth
deleted (one in each block of so many keys, so that counts are steady and small tables change too).
On the next day every second deleted row returns, and every second of these with an edit. On a day of drift the
new column is filled for another tenth of the first keys, newest first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from havenlake.synthetic.draws import Draws, Ints, Mask
from havenlake.synthetic.schemas import DRIFT, FIRST_DRIFT_DAY, POLICIES

EDIT_EVERY = 100
DELETE_EVERY = 1_000
INSERT_EVERY = 200
LATE_EVERY = 2_000
FEWEST_FOR_EDITS = 5
FEWEST_FOR_DELETES = 20
"""Smaller tables lose no row, so that the loss of one is not a sharp shrink."""

_NONE: Ints = np.empty(0, np.int64)


def is_change_day(day: int) -> bool:
    """Whether edits, new rows and deletions happen on this day."""
    return day > 0 and day % 3 == 1


def is_return_day(day: int) -> bool:
    """Whether deleted rows return on this day."""
    return day > 0 and day % 3 == 2


def is_drift_day(day: int) -> bool:
    """Whether new columns appear, or are filled further, on this day."""
    return day > 0 and day % 3 == 0


@dataclass(frozen=True)
class ChangedIds:
    """Sorted keys of one table that differ from the day before."""

    inserted: Ints = field(default_factory=lambda: _NONE)
    updated: Ints = field(default_factory=lambda: _NONE)
    deleted: Ints = field(default_factory=lambda: _NONE)
    returned: Ints = field(default_factory=lambda: _NONE)

    @property
    def total(self) -> int:
        """Number of keys that differ."""
        return sum(map(len, (self.inserted, self.updated, self.deleted, self.returned)))


@dataclass(frozen=True)
class State:
    """A table on one day: keys 1 to `keys` exist but for the `absent` ones; edits by key and day of the last."""

    keys: int
    absent: Ints
    edited: Ints
    edited_on: Ints

    def alive(self, ids: Ints) -> Mask:
        """Which keys exist."""
        return (ids >= 1) & (ids <= self.keys) & ~_contains(self.absent, ids)

    def last_edit(self, ids: Ints) -> Ints:
        """Day of the last edit, 0 for rows never edited."""
        found = _contains(self.edited, ids)
        days = np.zeros(len(ids), np.int64)
        days[found] = self.edited_on[np.searchsorted(self.edited, ids[found])]
        return days

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.keys - len(self.absent)


@dataclass(frozen=True)
class Timeline:
    """The history of one table that has `rows` rows on day 0."""

    table: str
    seed: int
    rows: int
    _days: dict[int, tuple[State, ChangedIds]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def late_ids(self) -> Ints:
        """Keys among the first ones that do not exist on day 0: rows that arrive late."""
        if not POLICIES[self.table].late or self.rows < INSERT_EVERY:
            return _NONE
        count = max(1, self.rows // LATE_EVERY)
        return np.arange(1, count + 1, dtype=np.int64) * (self.rows + count) // (count + 1)

    @property
    def first_keys(self) -> int:
        """Highest key on day 0."""
        return self.rows + len(self.late_ids)

    @property
    def keys_per_change_day(self) -> int:
        """Newer keys that a day of changes appends."""
        return -(-self.rows // INSERT_EVERY) if POLICIES[self.table].inserts else 0

    def state(self, day: int) -> State:
        """The table on a day."""
        return self._day(day)[0]

    def changed(self, day: int) -> ChangedIds:
        """What differs from the day before (nothing on day 0)."""
        return self._day(day)[1]

    def filled_from(self, day: int) -> int:
        """Lowest key for which the drifted column has a value."""
        tenths = min(10, day // 3)
        return self.first_keys - self.first_keys * tenths // 10 + 1

    def _day(self, day: int) -> tuple[State, ChangedIds]:
        for d in range(len(self._days), day + 1):
            self._days[d] = self._first() if d == 0 else self._next(d)
        return self._days[day]

    def _first(self) -> tuple[State, ChangedIds]:
        return State(self.first_keys, self.late_ids, _NONE, _NONE), ChangedIds()

    def _next(self, day: int) -> tuple[State, ChangedIds]:
        before, last = self._days[day - 1]
        if is_change_day(day):
            return self._change(before, day)
        if is_return_day(day):
            return self._return(before, last.deleted, day)
        if self.table not in DRIFT:
            return before, ChangedIds()
        ids = np.arange(self.filled_from(day), before.keys + 1, dtype=np.int64)
        if day > FIRST_DRIFT_DAY:
            ids = ids[ids < self.filled_from(day - 1)]
        return before, ChangedIds(updated=ids[before.alive(ids)])

    def _change(self, before: State, day: int) -> tuple[State, ChangedIds]:
        policy = POLICIES[self.table]
        deletes = policy.deletes and self.rows >= FEWEST_FOR_DELETES
        edits = policy.edits and self.rows >= FEWEST_FOR_EDITS
        deleted = self._one_per_block(before, DELETE_EVERY, "delete", day) if deletes else _NONE
        edited = self._one_per_block(before, EDIT_EVERY, "edit", day) if edits else _NONE
        edited = edited[~_contains(deleted, edited)]
        late = self.late_ids[(day // 3) % 2 :: 2] if day <= 4 else _NONE
        keys = before.keys + self.keys_per_change_day
        inserted = np.concatenate([late, np.arange(before.keys + 1, keys + 1, dtype=np.int64)])
        absent = np.union1d(np.setdiff1d(before.absent, late, assume_unique=True), deleted)
        return self._edited(before, keys, absent, edited, day), ChangedIds(inserted, edited, deleted)

    def _return(self, before: State, deleted: Ints, day: int) -> tuple[State, ChangedIds]:
        returned = deleted[::2]
        absent = np.setdiff1d(before.absent, returned, assume_unique=True)
        return self._edited(before, before.keys, absent, deleted[::4], day), ChangedIds(returned=returned)

    def _edited(self, before: State, keys: int, absent: Ints, ids: Ints, day: int) -> State:
        kept = ~_contains(ids, before.edited)
        all_ids = np.concatenate([before.edited[kept], ids])
        days = np.concatenate([before.edited_on[kept], np.full(len(ids), day, np.int64)])
        order = np.argsort(all_ids, kind="stable")
        return State(keys, absent, all_ids[order], days[order])

    def _one_per_block(self, state: State, size: int, what: str, day: int) -> Ints:
        size = min(size, self.rows)
        blocks = np.arange(-(-state.keys // size), dtype=np.int64)
        ids = 1 + blocks * size + Draws.of(self.seed, self.table, what, str(day)).below(blocks, size)
        return ids[state.alive(ids)]


def _contains(sorted_ids: Ints, ids: Ints) -> Mask:
    if not len(sorted_ids):
        return np.zeros(len(ids), np.bool_)
    at = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
    found: Mask = sorted_ids[at] == ids
    return found
