"""The status page: one self-contained HTML file that a manager can read, offline and without scripts.

It shows counts, times, names of tables and columns, and coded errors; the ledger holds no row data, so neither does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from havenlake.records import Status
from havenlake.reports.attempts import group_by
from havenlake.reports.drift import DriftEvent
from havenlake.reports.glossary import glossary
from havenlake.reports.headline import Headline, headline
from havenlake.reports.html_sections import alerts, drift_section, quarantine_section, runs_section
from havenlake.reports.html_tables import layer_section
from havenlake.reports.markup import Html, join, tag
from havenlake.reports.page_facts import PageFacts, keys_section, residency_section
from havenlake.reports.palette import style_sheet
from havenlake.reports.pictures import icon, mood_class, status_word
from havenlake.reports.runs import RunState
from havenlake.reports.status import TableState, Verdict
from havenlake.reports.words import changes_spoken, count, moment, number, one_line

_NOTHING_MORE = PageFacts()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def status_page(
    states: Sequence[TableState],
    runs: Sequence[RunState],
    drift: Sequence[DriftEvent] = (),
    more: PageFacts = _NOTHING_MORE,
    *,
    workspace: str,
    now: datetime,
) -> str:
    """The whole page as text, to be written as UTF-8. `runs` and `drift` come newest first."""
    summary = headline(states)
    declared = [s for s in states if s.declared]
    layers = group_by(declared, lambda s: s.layer)
    retired = [s for s in states if not s.declared]
    main = tag(
        "main",
        _banner(summary),
        _tiles(declared, runs, now),
        alerts(declared, workspace, now),
        *(layer_section(f"{layer.capitalize()} tables", group, now) for layer, group in layers.items()),
        layer_section("No longer in the configuration", retired, now) if retired else None,
        drift_section(drift, now),
        quarantine_section(declared, now, more.quarantine),
        runs_section(runs, now),
        residency_section(more.residency),
        keys_section(more.keys),
        glossary(),
    )
    body = tag("div", _brand(workspace, runs, now), main, _footer(runs, now), class_="page")
    return f"<!doctype html>\n{tag('html', _head(workspace, summary), tag('body', body), lang='en')}\n"


def _head(workspace: str, summary: Headline) -> Html:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="robots", content="noindex"),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{one_line(workspace)}: {summary.mood}"),
        tag("style", Html(style_sheet())),
    )


def _brand(workspace: str, runs: Sequence[RunState], now: datetime) -> Html:
    about = ""
    if runs:
        context = runs[0].context
        about = f"{context.environment} · country {context.country} · residency zone {context.zone}"
    taken = join("As of ", tag("time", f"{now.day} {now:%B %Y, %H:%M} UTC", datetime=f"{now:%Y-%m-%dT%H:%MZ}"))
    name = tag("div", tag("strong", workspace), " ", tag("span", about, class_="soft"))
    return tag("header", name, tag("div", taken, class_="soft"), class_="brand")


def _banner(summary: Headline) -> Html:
    kind = mood_class(summary.mood)
    mood = tag("div", icon(kind), str(summary.mood).capitalize(), class_=f"mood {kind}")
    return tag("section", mood, tag("h1", summary.sentence), class_=f"banner {kind}", aria_label="Summary")


def _tiles(states: Sequence[TableState], runs: Sequence[RunState], now: datetime) -> Html:
    fine = sum(s.verdict in (Verdict.UP_TO_DATE, Verdict.DUE) for s in states)
    read = sum(s.last_read.result.counts.read for s in states if s.last_read)
    tiles = [
        ("Table copies up to date", f"{number(fine)} of {number(len(states))}", "one copy in each layer"),
        ("Rows read", number(read), "when each copy was last read"),
        ("Rows quarantined", number(sum(s.quarantined for s in states)), "set aside, not loaded"),
    ]
    if runs:
        last = runs[0]
        what = f"{last.context.job}, {moment(last.started_at, now)}"
        what += "" if last.status is Status.RUNNING else f"; {changes_spoken(last.counts)}"
        tiles.append(("Last run", status_word(last.status), what))
    parts = (tag("div", tag("dt", a), tag("dd", b, tag("small", c)), class_="tile") for a, b, c in tiles)
    return tag("dl", *parts, class_="tiles")


def _footer(runs: Sequence[RunState], now: datetime) -> Html:
    version = f" {runs[0].context.code_version}" if runs else ""
    text = (
        f"Made by Havenlake{version} from the ledger ({count(len(runs), 'run')}) on {now:%Y-%m-%d at %H:%M:%S} UTC. "
        "This page is a snapshot: it does not change by itself. It holds counts and names, never the content of a row."
    )
    return tag("footer", tag("p", text))
