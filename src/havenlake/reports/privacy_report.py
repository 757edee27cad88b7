"""The privacy report: what becomes of every column, where it lies, under which keys, for how long. One offline page.

It is made from configuration and ledger, so it holds names and counts and never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from havenlake.reports.grid import Column, Row, grid, section
from havenlake.reports.markup import Html, join, tag
from havenlake.reports.page_facts import KeyLine, ResidencyFacts, keys_section, residency_section
from havenlake.reports.palette import style_sheet
from havenlake.reports.words import count, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class PrivacyColumn:
    """One column of one table; `type` is the source's by the last good load, None before there was one."""

    table: str
    column: str
    type: str | None
    named_by: str
    bronze: str
    silver: str


@dataclass(frozen=True)
class PrivacyTable:
    """What holds for all columns of a table."""

    table: str
    owner: str | None
    places: tuple[str, ...]
    retention: str
    guard: str
    columns: tuple[PrivacyColumn, ...]


@dataclass(frozen=True)
class Recall:
    """Share of planted details that the policy of a job masks."""

    policy: str
    masked: int
    total: int


def privacy_page(
    tables: Sequence[PrivacyTable],
    recall: Sequence[Recall],
    readers: Mapping[str, tuple[str, ...]],
    residency: ResidencyFacts,
    keys: Sequence[KeyLine] | None,
    *,
    workspace: str,
    now: datetime,
) -> str:
    """The whole page as text, to be written as UTF-8."""
    title = f"{workspace}: privacy report"
    sealed = sum(c.bronze == "encrypted" for t in tables for c in t.columns)
    total = sum(len(t.columns) for t in tables)
    sentence = f"{count(total, 'column')} of {count(len(tables), 'table')}; {sealed} encrypted in bronze."
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("link", rel="icon", href="data:,"),
        tag("title", one_line(title)),
        tag("style", Html(style_sheet())),
    )
    taken = tag("time", f"{now.day} {now:%B %Y, %H:%M} UTC", datetime=f"{now:%Y-%m-%dT%H:%MZ}")
    main = tag(
        "main",
        tag("h1", sentence),
        *(_table(t) for t in tables),
        _scrubbing(recall),
        _readers(readers),
        residency_section(residency),
        keys_section(keys),
    )
    brand = tag("header", tag("strong", title), join("As of ", taken), class_="brand")
    note = tag("footer", tag("p", "Made from configuration and ledger: names and counts, never the content of a row."))
    return (
        f"<!doctype html>\n{tag('html', head, tag('body', tag('div', brand, main, note, class_='page')), lang='en')}\n"
    )


def _table(table: PrivacyTable) -> Html:
    columns = (
        Column("Column", 22),
        Column("Type", 14),
        Column("Named by", 22),
        Column("Bronze", 16),
        Column("Silver", 26),
    )
    rows = [Row((c.column, c.type or "not seen yet", c.named_by, c.bronze, c.silver)) for c in table.columns]
    about = f"In {' and '.join(table.places) or 'no table yet'}. {table.guard}. {table.retention}."
    owner = f" Owner: {table.owner}." if table.owner else " No owner is named."
    return section(table.table, tag("p", about + owner, class_="soft"), grid(table.table, columns, rows))


def _scrubbing(recall: Sequence[Recall]) -> Html:
    if not recall:
        return section("Scrubbing", tag("p", "No job scrubs: columns to scrub are NULL in silver."))
    rows = [
        Row((r.policy, f"{r.masked / r.total:.2%}" if r.total else "nothing to look for", str(r.total))) for r in recall
    ]
    columns = (Column("Policy", 40), Column("Masked in full", 30), Column("Planted details", 30, numeric=True))
    text = "Measured now, on planted texts of every country; real texts hold what nobody planted."
    return section("Scrubbing", tag("p", text, class_="soft"), grid("Scrubbing", columns, rows))


def _readers(readers: Mapping[str, tuple[str, ...]]) -> Html:
    rows = [Row((catalog, ", ".join(names) or "this instance alone")) for catalog, names in readers.items()]
    text = "Instances that configuration lets read a catalog. Whom permissions let in stands in the catalog itself."
    columns = (Column("Catalog", 50), Column("Read by", 50))
    return section("Readers", tag("p", text, class_="soft"), grid("Readers", columns, rows))
