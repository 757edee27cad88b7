"""Seeded snapshots of a small table, the transforms a load needs, and the plain-Python model of what it must do."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
from pyspark.sql import functions as F

from havenlake.names import quoted
from havenlake.records import RowCounts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Key = tuple[Any, ...]
Values = dict[str, Any]
OnMissing = Literal["soft_delete", "keep", "delete"]

INTEGERS = [-(2**63), -(2**31) - 7, -2, -1, 0, *range(1, 30), 2**63 - 1]
TEXTS = ["", " ", "a", "A", "ü", "a'b`c", "日本", "🙂", "NULL", "\\N"]
DAYS = [date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)]
TYPES = {
    "id": pa.int64(),
    "Tag.Name": pa.string(),
    "_n": pa.date32(),
    "name": pa.string(),
    "_op": pa.int32(),  # names that a comparison might use for itself are a source's to use
    "größe.cm": pa.float64(),
    "note": pa.string(),
    "später": pa.bool_(),
    "Second.Note": pa.string(),
}
SEALED = ("note", "Second.Note")
BASE = ("name", "_op", "größe.cm", "note")


@dataclass(frozen=True)
class Shape:
    """A table under test: its identity, and every identity it may ever hold."""

    identity: tuple[str, ...]
    universe: tuple[Key, ...]

    def nameless(self) -> Key:
        """An identity with a NULL in it."""
        return (*self.universe[3][:-1], None)


INTEGER = Shape(("id",), tuple((i,) for i in INTEGERS))
COMPOSITE = Shape(("Tag.Name", "_n"), tuple((t, d) for t in TEXTS for d in DAYS))


def value(name: str, rng: random.Random) -> Any:
    """A value of a column, every third one NULL."""
    if rng.random() < 0.3:
        return None
    kinds: dict[str, Callable[[], Any]] = {
        "_op": lambda: rng.randint(-3, 3),
        "größe.cm": lambda: rng.choice([0.5, -1.25, 1e300]),
        "später": lambda: rng.random() < 0.5,
    }
    return kinds.get(name, lambda: rng.choice(TEXTS))()


@dataclass
class Source:
    """The database that snapshots are taken of."""

    shape: Shape
    rng: random.Random
    columns: tuple[str, ...] = BASE
    live: dict[Key, Values] = field(default_factory=dict)

    def put(self, key: Key) -> None:
        self.live[key] = {c: value(c, self.rng) for c in self.columns}

    def change(self, columns: tuple[str, ...]) -> None:
        """New rows, updates, deletions and returns; columns come and go for every row."""
        self.columns = columns
        for key in self.shape.universe:
            chance = self.rng.random()
            if key in self.live and chance < 0.15:
                del self.live[key]
            elif chance < 0.4:
                self.put(key)
        for values in self.live.values():
            for gone in set(values) - set(columns):
                del values[gone]
            for new in set(columns) - set(values):
                values[new] = value(new, self.rng)

    def rows(self) -> list[tuple[Key, Values]]:
        """The snapshot, with identical and conflicting duplicates and identities with NULLs in shuffled order."""
        rows = [(key, dict(values)) for key, values in self.live.items()]
        rows += [rows[0], rows[0], rows[1]]
        known, new = rows[2][0], self.rng.choice(self.shape.universe)
        for key in (known, new):
            rows += [(key, {**rows[2][1], "name": f"conflict {i}"}) for i in range(2)]
        nobody = self.shape.nameless()
        rows += [(nobody, dict.fromkeys(self.columns)), (nobody, dict.fromkeys(self.columns, None))]
        self.rng.shuffle(rows)
        return rows


def table_of(shape: Shape, columns: Sequence[str], rows: Sequence[tuple[Key, Values]]) -> pa.Table:
    """The snapshot as Arrow."""
    schema = pa.schema([(c, TYPES[c]) for c in (*shape.identity, *columns)])
    named = [{**dict(zip(shape.identity, key, strict=True)), **values} for key, values in rows]
    return pa.Table.from_pylist(named, schema=schema)


def fingerprint(frame: DataFrame) -> DataFrame:
    """A hash of the non-null columns."""
    columns = [F.col(quoted(c)).alias(c) for c in sorted(frame.columns)]
    return frame.select("*", F.unhex(F.md5(F.to_json(F.struct(*columns)))).alias("_row_hash"))


def sealed(frame: DataFrame) -> DataFrame:
    """Stands for encryption: other bytes under a binary type that remembers the old one."""

    def shown(name: str) -> Any:
        if name not in SEALED:
            return F.col(quoted(name))
        return F.encode(F.reverse(F.col(quoted(name))), "utf-8").alias(name, metadata={"was": "string"})

    return frame.select(*map(shown, frame.columns), F.lit(None).cast("binary").alias("_checksum"))


@dataclass
class Row:
    """A row of the model."""

    values: Values
    run: str
    at: datetime
    deleted: datetime | None = None


@dataclass
class Model:
    """What the target must hold."""

    shape: Shape
    rows: dict[Key, Row] = field(default_factory=dict)
    live: int = 0
    source_keys: int = 0

    def load(self, snapshot: Sequence[tuple[Key, Values]], run: str, at: datetime, on_missing: OnMissing) -> RowCounts:
        """Apply a snapshot and say what that changed."""
        found: dict[Key, list[Values]] = {}
        for key, values in snapshot:
            if None not in key:
                found.setdefault(key, []).append({c: v for c, v in values.items() if v is not None})
        conflicts = {k for k, all_ in found.items() if any(v != all_[0] for v in all_)}
        self.live = sum(r.deleted is None for r in self.rows.values())
        self.source_keys = len(found)
        done = [self._apply(key, found[key][0], run, at) for key in found if key not in conflicts]
        gone = [k for k, r in self.rows.items() if r.deleted is None and k not in found] if on_missing != "keep" else []
        for key in gone:
            self._vanish(key, run, at, on_missing)
        in_conflict = sum(len(found[k]) for k in conflicts)
        return RowCounts(
            read=len(snapshot),
            inserted=done.count("I"),
            updated=done.count("U"),
            deleted=len(gone),
            returned=done.count("R"),
            unchanged=done.count(""),
            quarantined=len(snapshot) - sum(map(len, found.values())) + in_conflict,
            duplicates=sum(len(found[k]) - 1 for k in found if k not in conflicts),
        )

    def _apply(self, key: Key, values: Values, run: str, at: datetime) -> str:
        before = self.rows.get(key)
        if before is not None and before.deleted is None and before.values == values:
            return ""
        self.rows[key] = Row(values, run, at)
        return "I" if before is None else "R" if before.deleted else "U"

    def _vanish(self, key: Key, run: str, at: datetime, on_missing: OnMissing) -> None:
        if on_missing == "delete":
            del self.rows[key]
        else:
            row = self.rows[key]
            row.run, row.at, row.deleted = run, at, at

    def expected(self) -> dict[Key, Values]:
        """Rows as they must be read back, NULLs left out."""
        return {key: self._shown(row) for key, row in self.rows.items()}

    def _shown(self, row: Row) -> Values:
        values = {c: v[::-1].encode() if c in SEALED else v for c, v in row.values.items()}
        stamps = {"_run_id": row.run, "_loaded_at": row.at, "_deleted_at": row.deleted}
        return {**values, **{c: v for c, v in stamps.items() if v is not None}}


def read_back(shape: Shape, rows: Sequence[dict[str, Any]]) -> dict[Key, Values]:
    """Rows of the target in the model's form; an identity must not stand twice."""
    hidden = {*shape.identity, "_row_hash", "_checksum", "_source"}
    found = {
        tuple(r[c] for c in shape.identity): {c: v for c, v in r.items() if c not in hidden and v is not None}
        for r in rows
    }
    assert len(found) == len(rows), "an identity stands twice"
    return found


def instants(first: datetime) -> Callable[[int], datetime]:
    """One instant for each step."""
    return partial(lambda step: first + timedelta(hours=step, microseconds=123_457))
