"""Builds HTML from plain values: every text is escaped unless it was built here, so that no name can break a page."""

from __future__ import annotations

import html

from havenlake.reports.words import printable

_VOID = {"meta", "link", "col"}
_EMPTY = {"rect", "path"}


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | int | None) -> Html:
    """One element; children that are None are left out, attributes are written as `aria_label` and `class_`.

    >>> tag("td", "<b>", class_="n")
    '<td class="n">&lt;b&gt;</td>'
    """
    pairs = "".join(_attribute(k, v) for k, v in attributes.items() if v is not None)
    if not children and name in _VOID | _EMPTY:
        return Html(f"<{name}{pairs}>" if name in _VOID else f"<{name}{pairs}/>")
    return Html(f"<{name}{pairs}>{join(*children)}</{name}>")


def join(*children: str | None) -> Html:
    """Elements one after the other."""
    return Html("".join(escaped(child) for child in children if child is not None))


def escaped(text: str) -> Html:
    """The text as markup, itself if it is that already."""
    return text if isinstance(text, Html) else Html(html.escape(printable(text)))


def with_code(text: str) -> Html:
    """Escaped text in which what stands between backticks is set as code.

    >>> with_code("set `allow_shrink: true`")
    'set <code>allow_shrink: true</code>'
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    return join(*(tag("code", part) if i % 2 else part for i, part in enumerate(parts)))


def _attribute(name: str, value: str | int) -> str:
    return f' {name.rstrip("_").replace("_", "-")}="{html.escape(printable(str(value)), quote=True)}"'
