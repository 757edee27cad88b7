"""Writes the synthetic database as an export folder: one folder per table, and a marker that says it is synthetic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from havenlake.errors import HavenlakeError
from havenlake.synthetic.database import PlatformDatabase
from havenlake.synthetic.folders import mark, open_marked, read_marker, replaced
from havenlake.synthetic.formats import WRITERS


def write_export(
    database: PlatformDatabase,
    folder: str | Path,
    day: int = 0,
    format: str = "parquet",  # noqa: A002  (the word that readers of Spark know)
    files_per_table: int = 1,
    *,
    changed_only: bool = False,
) -> dict[str, int]:
    """Write all tables of a day as `folder/<table>/part-00000.<format>`; give the rows of each table written.

    With `changed_only`, tables that did not change since the day that the folder holds are left untouched.
    """
    if format not in WRITERS:
        raise HavenlakeError("HL-CFG-004", f"format must be one of {', '.join(WRITERS)}", where="synthetic export")
    if files_per_table < 1:
        raise HavenlakeError("HL-CFG-004", "files_per_table must be at least 1", where="synthetic export")
    root = Path(folder)
    facts = {**describe(database, day), "format": format}
    kept = _unchanged(database, day, root, facts) if changed_only else ()
    open_marked(root, facts)
    written: dict[str, int] = {}
    for table in database.tables():
        if table in kept:
            continue
        with replaced(root / table) as new:
            _write_table(database, table, day, new, format, files_per_table)
        written[table] = database.count(table, day)
    mark(root, {**facts, "complete": True})
    return written


def describe(database: PlatformDatabase, day: int) -> dict[str, Any]:
    """What the marker says about the data: enough to make it again."""
    return {
        "generator": "havenlake.synthetic",
        "generator_format": 1,
        "seed": database.seed,
        "messages": database.messages,
        "country": database.country,
        "languages": None if database.languages is None else list(database.languages),
        "day": day,
        "tables": {table: database.count(table, day) for table in database.tables()},
    }


def key_ranges(last_key: int, parts: int) -> Iterator[tuple[int, int]]:
    """At most `parts` ranges of keys, each from its first key up to, not including, its second."""
    parts = min(parts, last_key)
    for part in range(parts):
        yield 1 + last_key * part // parts, 1 + last_key * (part + 1) // parts


def _unchanged(database: PlatformDatabase, day: int, root: Path, facts: dict[str, Any]) -> tuple[str, ...]:
    """Tables already there that no day since has changed; none where the folder holds something else."""
    before = read_marker(root)
    same = {name: value for name, value in facts.items() if name not in ("day", "tables")}
    if not before.get("complete") or "layout" in before or any(before.get(n) != v for n, v in same.items()):
        return ()
    days = range(before["day"] + 1, day + 1)
    if before["day"] > day:
        return ()
    quiet = (t for t in database.tables() if not any(database.changed_ids(t, d).total for d in days))
    return tuple(t for t in quiet if (root / t).is_dir())


def _write_table(database: PlatformDatabase, table: str, day: int, folder: Path, kind: str, files: int) -> None:
    schema = database.schema(table, day)
    for part, keys in enumerate(key_ranges(database.last_key(table, day), files)):
        batches = database.iter_batches(table, day, keys=keys)
        WRITERS[kind](batches, schema, folder / f"part-{part:05d}.{kind}")
