"""The draft of one source: identity, treatment of each column, context and event time of every table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from havenlake.config.asset_loading import is_table_name
from havenlake.config.assets import RESERVED
from havenlake.errors import HavenlakeError
from havenlake.names import FRAMEWORK_COLUMNS
from havenlake.suggest import shapes
from havenlake.suggest.judging import Verdict, judge
from havenlake.suggest.keys import key_of, links_of
from havenlake.suggest.sample import TEXTUAL, Column, Key, KeyRowsOf, Link, Table, Tables
from havenlake.suggest.words import COUNTRY, LANGUAGE, words_of

_EVENTS = (
    "occurred",
    "sent",
    "received",
    "timestamp",
    "event",
    "started",
    "starts",
    "submitted",
    "created",
    "inserted",
)
_NOT_EVENTS = frozenset({"updated", "modified", "changed", "deleted", "expires", "loaded", "birth"})


@dataclass(frozen=True)
class Context:
    """Where a row's country comes from: own columns, or another table of the draft."""

    country: str | None = None
    language: str | None = None
    via: Link | None = None
    others: tuple[str, ...] = ()
    """Other tables that it might have come from."""


@dataclass(frozen=True)
class TableDraft:
    """What is proposed for one table; without `key` there is only `refused`, the reason why nothing is."""

    name: str
    rows: int = 0
    key: Key | None = None
    verdicts: Mapping[str, Verdict] | None = None
    context: Context | None = None
    event_times: tuple[str, ...] = ()
    refused: str | None = None

    def treated(self, *treatments: str) -> dict[str, Verdict]:
        """Columns with one of these treatments, the identity left out."""
        key = self.key.columns if self.key else ()
        found = (self.verdicts or {}).items()
        return {name: v for name, v in found if v.treatment in treatments and name not in key}


@dataclass(frozen=True)
class Draft:
    """Drafts of all tables, and the tables that could not be read."""

    place: str
    tables: tuple[TableDraft, ...]
    failures: tuple[HavenlakeError, ...] = ()

    @property
    def refused(self) -> tuple[TableDraft, ...]:
        """Tables for which no asset can be proposed."""
        return tuple(table for table in self.tables if table.refused)


def draft(
    source: Tables, wanted: Sequence[str] = (), *, today: date, listener: Callable[[str], None] = lambda _: None
) -> Draft:
    """Look at all tables of a source, or at those wanted; a table that cannot be read does not stop the others."""
    tables: dict[str, Table] = {}
    first: dict[str, TableDraft] = {}
    failures: list[HavenlakeError] = []
    key_rows = cache(source.key_rows)
    for name in wanted or source.names():
        listener(name)
        try:
            tables[name] = source.read(name)
            first[name] = _identified(tables[name], key_rows, today)
        except HavenlakeError as error:
            failures.append(error)
    keys = {name: found.key for name, found in first.items() if found.key}
    links: dict[str, tuple[Link, ...]] = {}
    for name in keys:
        try:
            links[name] = links_of(tables[name], keys, key_rows)
        except HavenlakeError as error:  # the table that is pointed to cannot be read far enough
            failures.append(error)
            links[name] = ()
    contexts = _contexts(tables, first, links)
    drafts = (replace(found, context=contexts.get(name)) for name, found in first.items())
    return Draft(source.place, tuple(drafts), tuple(failures))


def _identified(table: Table, key_rows: KeyRowsOf, today: date) -> TableDraft:
    """Verdicts and key of a table, before other tables are looked at."""
    refused = _unfit(table)
    if refused:
        return TableDraft(table.name, table.rows, refused=refused)
    verdicts = {column.name: judge(column, today) for column in table.columns}
    key = key_of(table, verdicts, key_rows)
    if key is None:
        return TableDraft(table.name, table.rows, refused=_no_key(table))
    for name in key.columns:
        if verdicts[name].sensitive:
            why = f"an identity rests in clear, and its key '{name}' is sensitive: {verdicts[name].reason}"
            return TableDraft(table.name, table.rows, refused=f"{why}. Give the table another key")
    events = _event_times(table, verdicts)
    return TableDraft(table.name, table.rows, key, verdicts, event_times=events)


def _unfit(table: Table) -> str | None:
    if table.name in RESERVED or not is_table_name(table.name):
        return "its name cannot be that of an asset"
    reserved = [c.name for c in table.columns if c.name in FRAMEWORK_COLUMNS]
    return f"its column '{reserved[0]}' is reserved for Havenlake's own columns" if reserved else None


def _no_key(table: Table) -> str:
    if not table.rows:
        return "it has no rows and declares no key, so nothing is known of it"
    return "no columns were found that are unique, never empty and not sensitive: write its identity by hand"


def _event_times(table: Table, verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
    """Columns that may tell when a row happened, the likeliest first."""
    found = [c.name for c in table.columns if _is_instant(c) and not verdicts[c.name].sensitive]
    found = [name for name in found if not _NOT_EVENTS & set(words_of(name))]
    return tuple(sorted(found, key=_event_rank))


def _is_instant(column: Column) -> bool:
    if column.carries == "text":
        return bool(column.values) and all(map(shapes.HARMLESS["instants"], column.values))
    return column.carries == "instant"


def _event_rank(name: str) -> int:
    words = words_of(name)
    return min((_EVENTS.index(word) for word in words if word in _EVENTS), default=len(_EVENTS))


def _contexts(
    tables: Mapping[str, Table], drafts: Mapping[str, TableDraft], links: Mapping[str, Sequence[Link]]
) -> dict[str, Context]:
    """Contexts from own country columns, then through links to tables that have one, step by step outwards."""
    known = {name: context for name in links if (context := _own(tables[name], drafts[name]))}
    while True:
        further = {n: c for n in links if n not in known and (c := _through(links[n], known, drafts[n]))}
        if not further:
            return known
        known |= further


def _own(table: Table, found: TableDraft) -> Context | None:
    country = _first(table, found, COUNTRY, shapes.is_country)
    language = _first(table, found, LANGUAGE, shapes.is_language)
    return Context(country, language) if country else None


def _first(table: Table, found: TableDraft, names: frozenset[str], shape: Callable[[str], bool]) -> str | None:
    for column in table.columns:
        named = "".join(words_of(column.name)) in names or words_of(column.name)[:1] in [(n,) for n in names]
        safe = column.carries in TEXTUAL and (found.verdicts or {})[column.name].treatment == "clear"
        if named and safe and column.values and all(map(shape, column.values)):
            return column.name
    return None


def _through(links: Sequence[Link], known: Mapping[str, Context], found: TableDraft) -> Context | None:
    verdicts = found.verdicts or {}
    usable = [x for x in links if x.table in known and not any(verdicts[own].sensitive for own, _ in x.on)]
    if not usable:
        return None
    others = dict.fromkeys(link.table for link in usable[1:] if link.table != usable[0].table)
    return Context(via=usable[0], others=tuple(others))
