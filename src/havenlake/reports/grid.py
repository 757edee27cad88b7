"""Semantic HTML tables that turn into cards on a narrow screen.

Cells keep their roles explicitly, because browsers drop them when a style sheet lays a table out as blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from havenlake.reports.markup import Html, tag


@dataclass(frozen=True)
class Column:
    """Heading of a column and its share of the width in percent; numbers are set to the right."""

    heading: str
    width: int
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """One row: the first cell names it, `more` stands below over the whole width."""

    cells: tuple[str, ...]
    more: Html | None = None


def grid(caption: str, columns: Sequence[Column], rows: Sequence[Row]) -> Html:
    """A captioned table, one body per row."""
    headings = (
        tag("th", c.heading, scope="col", role="columnheader", class_="n" if c.numeric else None) for c in columns
    )
    widths = tag("colgroup", *(tag("col", style=f"width: {c.width}%") for c in columns))
    head = tag("thead", tag("tr", *headings, role="row"), role="rowgroup")
    bodies = (_body(row, columns) for row in rows)
    return tag("div", tag("table", tag("caption", caption), widths, head, *bodies, role="table"), class_="sheet")


def _body(row: Row, columns: Sequence[Column]) -> Html:
    name = tag("th", row.cells[0], scope="row", role="rowheader")
    cells = (
        tag("td", tag("div", cell), role="cell", data_label=column.heading, class_="n" if column.numeric else None)
        for cell, column in zip(row.cells[1:], columns[1:], strict=True)
    )
    more = (
        tag("tr", tag("td", row.more, role="cell", colspan=len(columns)), class_="more", role="row")
        if row.more
        else None
    )
    return tag("tbody", tag("tr", name, *cells, role="row"), more, role="rowgroup")


def facts(pairs: Sequence[tuple[str, str | None]]) -> Html:
    """A list of terms with what is known of them; unknown ones are left out."""
    known = ((term, text) for term, text in pairs if text)
    return tag("dl", *(part for term, text in known for part in (tag("dt", term), tag("dd", text))), class_="facts")


def section(title: str, *children: str | None) -> Html:
    """A headed part of the page."""
    return tag("section", tag("h2", title), *children, aria_label=title)
