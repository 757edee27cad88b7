"""The synthetic platform database: any table, on any day, in batches or whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from havenlake.errors import HavenlakeError
from havenlake.synthetic.conversation_tables import conversation, message
from havenlake.synthetic.draws import Ints
from havenlake.synthetic.operation_tables import content_resource, operational_event
from havenlake.synthetic.people_tables import responder, shift, texter
from havenlake.synthetic.planting import Planted
from havenlake.synthetic.relations import COUNTRIES, LANGUAGES
from havenlake.synthetic.report_tables import reporting_log, reporting_log_value, reporting_question
from havenlake.synthetic.schemas import TABLES, row_counts, schema
from havenlake.synthetic.timeline import ChangedIds, Timeline
from havenlake.synthetic.world import Builder, Columns, Rows, World

CHUNK_KEYS = 65_536
_BUILDERS: dict[str, Builder] = {
    "texter": texter,
    "conversation": conversation,
    "message": message,
    "reporting_question": reporting_question,
    "reporting_log": reporting_log,
    "reporting_log_value": reporting_log_value,
    "responder": responder,
    "shift": shift,
    "content_resource": content_resource,
    "operational_event": operational_event,
}


@dataclass(frozen=True)
class PlatformDatabase:
    """A seeded platform database with invented people: the same arguments give the same rows, always.

    `messages` is the number of messages on day 0; the other tables follow from it. `country` is us, ca or eu;
    `languages` restricts the instance's languages (en, es, fr, de), equally weighted.
    """

    messages: int = 10_000
    seed: int = 7
    country: str = "us"
    languages: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.messages < 1:
            raise _invalid("messages", "must be at least 1")
        if self.country not in COUNTRIES:
            raise _invalid("country", f"must be one of {', '.join(COUNTRIES)}")
        unknown = set(self.languages or ()) - set(LANGUAGES)
        if unknown or self.languages == ():
            raise _invalid("languages", f"must be some of {', '.join(LANGUAGES)}")

    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return TABLES

    def schema(self, table: str, day: int = 0) -> pa.Schema:
        """Arrow schema of a table on a day; on day 3 columns are added."""
        self._check(table, day)
        return schema(table, day)

    def count(self, table: str, day: int = 0) -> int:
        """Number of rows of a table on a day, without making them."""
        self._check(table, day)
        return self._world.timelines[table].state(day).rows

    def last_key(self, table: str, day: int = 0) -> int:
        """Highest key of a table on a day."""
        self._check(table, day)
        return self._world.timelines[table].state(day).keys

    def changed_ids(self, table: str, day: int) -> ChangedIds:
        """Keys that differ from the day before."""
        self._check(table, day)
        return self._world.timelines[table].changed(day)

    def iter_batches(
        self, table: str, day: int = 0, chunk_keys: int = CHUNK_KEYS, keys: tuple[int, int] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a table in key order, `chunk_keys` keys at a time (all, or those from one key up to another)."""
        for arrays, _ in self._chunks(table, day, chunk_keys, keys):
            yield pa.RecordBatch.from_arrays(list(arrays.values()), schema=schema(table, day))

    def table(self, name: str, day: int = 0) -> pa.Table:
        """A whole table in memory."""
        return pa.Table.from_batches(self.iter_batches(name, day), schema=self.schema(name, day))

    def snapshot(self, day: int = 0) -> Mapping[str, pa.Table]:
        """All tables in memory."""
        return {name: self.table(name, day) for name in self.tables()}

    def rows(self, table: str, ids: Ints, day: int = 0) -> pa.RecordBatch:
        """The rows with these keys, those that exist on the day, in the order of the keys given."""
        self._check(table, day)
        state = self._world.timelines[table].state(day)
        ids = ids[state.alive(ids)]
        arrays, _ = _BUILDERS[table](self._world, Rows(ids, state.last_edit(ids), day))
        return pa.RecordBatch.from_arrays(list(arrays.values()), schema=schema(table, day))

    def iter_planted(self, table: str, day: int = 0) -> Iterator[Planted]:
        """Every identifying text planted in a table, in key order by chunk."""
        for _, planted in self._chunks(table, day, CHUNK_KEYS, None):
            yield from planted

    @cached_property
    def _world(self) -> World:
        weights = COUNTRIES[self.country]
        if self.languages is not None:
            weights = dict.fromkeys(self.languages, 1)
        counts = row_counts(self.messages)
        timelines = {name: Timeline(name, self.seed, counts[name]) for name in TABLES}
        return World(self.seed, self.country, tuple(weights.items()), timelines)

    def _chunks(self, table: str, day: int, chunk_keys: int, keys: tuple[int, int] | None) -> Iterator[Columns]:
        self._check(table, day)
        state = self._world.timelines[table].state(day)
        first, stop = keys or (1, state.keys + 1)
        for start in range(first, min(stop, state.keys + 1), chunk_keys):
            ids = np.arange(start, min(start + chunk_keys, stop, state.keys + 1), dtype=np.int64)
            ids = ids[state.alive(ids)]
            if len(ids):
                yield _BUILDERS[table](self._world, Rows(ids, state.last_edit(ids), day))

    def _check(self, table: str, day: int) -> None:
        if table not in TABLES:
            raise _invalid("table", f"must be one of {', '.join(TABLES)}")
        if day < 0:
            raise _invalid("day", "must be 0 or later")


def _invalid(argument: str, what: str) -> HavenlakeError:
    return HavenlakeError("HL-CFG-004", f"{argument} {what}", where="synthetic database")
