"""Which columns name a row, and which point to rows of another table, where the source does not say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from havenlake.suggest.judging import Verdict
from havenlake.suggest.sample import Column, Key, KeyRowsOf, Link, Table
from havenlake.suggest.words import words_of

_KEY_TYPES = ("whole", "text", "date")
_COMBINED = 6
"""So many columns at most are tried together."""
_FOUND = 0.95


def key_of(table: Table, verdicts: Mapping[str, Verdict], key_rows: KeyRowsOf) -> Key | None:
    """The declared key, else the first columns that are unique and never empty; no sensitive ones."""
    if table.key is not None:
        return table.key
    wanted = [c for c in table.columns if _possible(c, table, verdicts)]
    single = sorted((c for c in wanted if c.distinct == table.rows), key=lambda c: _rank(c.name, table.name))
    tried: list[tuple[str, ...]] = [(c.name,) for c in single]
    tried += list(_together([c.name for c in sorted(wanted, key=lambda c: -c.distinct)][:_COMBINED]))
    for columns in tried:
        found = key_rows(table.name, columns)
        if found.rows and found.unique:
            how = "all" if found.whole else "the first"
            return Key(tuple(columns), f"unique and never empty in {how} {len(found.rows):,} rows")
    return None


def _possible(column: Column, table: Table, verdicts: Mapping[str, Verdict]) -> bool:
    complete = table.rows > 0 and column.filled == table.rows
    return complete and column.carries in _KEY_TYPES and not verdicts[column.name].sensitive


def _together(names: list[str]) -> Iterator[tuple[str, ...]]:
    yield from combinations(names, 2)
    yield from combinations(names, 3)


def _rank(name: str, table: str) -> tuple[int, str]:
    """`id` first, then `<table>_id`, then other keys, then whatever is unique."""
    lower, words = name.lower(), words_of(name)
    order = (
        lower == "id",
        lower in (f"{table.lower()}_id", f"{_singular(table.lower())}_id"),
        lower in ("uuid", "guid", "key"),
        bool(words) and words[-1] in ("id", "uuid", "guid", "key"),
    )
    return (order.index(True) if True in order else len(order), name)


def links_of(table: Table, keys: Mapping[str, Key], key_rows: KeyRowsOf) -> tuple[Link, ...]:
    """Links that the source declares to whole keys, else those that names promise and values confirm."""
    declared = [link for link in table.links if link.table in keys and _whole_key(link, keys[link.table])]
    if declared:
        return tuple(declared)
    return tuple(link for column in table.columns for link in _guessed(column, table, keys, key_rows))


def _whole_key(link: Link, key: Key) -> bool:
    return {theirs for _, theirs in link.on} == set(key.columns)


def _guessed(column: Column, table: Table, keys: Mapping[str, Key], key_rows: KeyRowsOf) -> Iterator[Link]:
    words = words_of(column.name)
    if len(words) < 2 or words[-1] != "id" or not column.values:
        return
    meant = [t for t in keys if t != table.name and _named(t, "_".join(words[:-1])) and len(keys[t].columns) == 1]
    if len(meant) != 1:
        return
    key = keys[meant[0]].columns[0]
    theirs = key_rows(meant[0], (key,))
    known = {row[0] for row in theirs.rows}
    found = sum(value in known for value in column.values)
    if theirs.whole and found >= _FOUND * len(column.values):
        reason = f"{found:,} of {len(column.values):,} sampled values are found in {meant[0]}.{key}"
        yield Link(meant[0], ((column.name, key),), reason)


def _named(table: str, meant: str) -> bool:
    lower = table.lower()
    return any(name == meant or name.endswith(f"_{meant}") for name in (lower, _singular(lower)))


def _singular(name: str) -> str:
    return name.removesuffix("s")
