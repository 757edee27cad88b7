"""The status page: its facts, its safety and its accessibility."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havenlake.records import ColumnTreatments, ErrorInfo, LedgerEntry, Mode, RowCounts, Status
from havenlake.reports.html import status_page
from havenlake.reports.status import AssetFacts, AssetPlace, run_states, table_states
from tests.reports.ledgers import BROKEN, NOW, entry, minutes, run, target
from tests.reports.pages import Element, read_page

TABLES = tuple(f"table_{i}" for i in range(10))
ALLOWED = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "section", "article", "footer"),
    *("div", "span", "strong", "small", "code", "time", "p", "h1", "h2", "h3", "dl", "dt", "dd", "details", "summary"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "svg", "path", "rect", "#text"),
}


def page(entries: list[LedgerEntry], facts: dict[str, AssetFacts] | None = None, workspace: str = "ctl-dev") -> str:
    states = table_states(entries, facts or {}, NOW)
    return status_page(states, run_states(entries), workspace=workspace, now=NOW)


def good_run(minutes_ago: float = 3, **changed) -> list[LedgerEntry]:
    return [entry(minutes(minutes_ago), table=t, mode=Mode.COMPARE, **changed) for t in TABLES]


def headline_of(root: Element) -> str:
    (h1,) = root.all("h1")
    return h1.whole_text


def section(root: Element, name: str) -> Element:
    (found,) = root.all("section", aria_label=name)
    return found


def test_the_headline_tells_a_manager_that_all_is_well():
    entries = good_run(counts=RowCounts(read=5, inserted=5))
    entries[3] = entry(minutes(3), table=TABLES[3], counts=RowCounts(read=5, inserted=4, quarantined=1))
    root = read_page(page(entries))
    assert headline_of(root) == "10 of 10 tables are up to date; 1 row was quarantined."
    assert "All is well" in section(root, "Summary").whole_text
    assert not root.all("section", aria_label="Needs attention")
    row = section(root, "Quarantine").all("tbody")[0].whole_text
    assert "platformdb.table_3" in row
    assert "3 minutes ago, 12:41 UTC" in row


def test_each_table_shows_state_time_rows_change_and_history():
    first = entry(minutes(60 * 24), Status.FAILED, context=run("a"))
    last = entry(minutes(3), context=run("b"), counts=RowCounts(read=1200, inserted=1100, deleted=2, returned=1))
    root = read_page(page([first, last]))
    row = section(root, "Bronze tables").all("tbody")[0]
    cells = {c.attributes["data-label"]: c.whole_text for c in row.all("td") if "data-label" in c.attributes}
    assert cells["State"] == "up to date"
    assert cells["Last good"] == "3 minutes ago12:41 UTC"
    assert cells["Rows read"] == "1,200"
    assert cells["Last change"] == "+1,100 -2 ↺11,100 new, 2 removed, 1 returned"
    assert cells["Protection"] == "not known"
    (spark,) = row.all("svg", role="img")
    assert spark.attributes["aria-label"] == "Last 2 attempts: 1 failed and 1 succeeded"
    bars = [b for b in spark.all("rect") if b.attributes["class"] != "base"]
    assert [b.attributes["class"] for b in bars] == ["bad", "ok"]
    assert [b.attributes["height"] for b in bars] == ["28", "20"]
    assert bars[1].all("title")[0].children[0].text == "12:41 UTC: succeeded, 1,103 rows changed, 6.0 s"


def test_a_cause_is_told_once_with_its_hint_and_all_tables_it_hit():
    entries = [entry(minutes(3), Status.FAILED, table=t) for t in TABLES[:3]] + good_run()[3:]
    root = read_page(page(entries))
    assert headline_of(root) == "7 of 10 tables are up to date; 3 failed."
    (card,) = section(root, "Needs attention").all("article")
    assert BROKEN.code in card.whole_text
    assert f"What to do: {BROKEN.hint}" in card.whole_text
    assert all(f"platformdb.{t} (bronze)" in card.whole_text for t in TABLES[:3])
    assert "Action needed" in section(root, "Summary").whole_text


def test_late_and_never_loaded_tables_are_named_with_what_is_allowed():
    facts = {
        "old": AssetFacts(freshness_seconds=93_600, places=(AssetPlace("bronze", target("old")),)),
        "new": AssetFacts(places=(AssetPlace("bronze", target("new")),)),
    }
    root = read_page(page([entry(minutes(60 * 72), table="old")], facts))
    assert headline_of(root) == "0 of 2 tables are up to date; 1 is late; 1 has never been loaded."
    text = section(root, "Needs attention").whole_text
    assert "3 days ago, 11 Mar 12:44 UTC; it should be no older than 1 day 2 hours." in text
    assert "havenlake plan -w ctl-dev --table new" in text


def test_the_worst_stands_first():
    facts = {t: AssetFacts(freshness_seconds=3600) for t in TABLES}
    late, failed = entry(minutes(90), table=TABLES[0]), entry(minutes(90), Status.FAILED, table=TABLES[9])
    cards = section(read_page(page([late, failed], facts)), "Needs attention").all("article")
    assert [c.attributes["class"] for c in cards] == ["card alert bad", "card alert bad"]
    assert [TABLES[9] in c.whole_text for c in cards] == [True, False]


def test_a_table_counts_once_by_its_worst_layer():
    entries = [*good_run(), *good_run(context=run("s", layer="silver"))]
    entries[-1] = entry(minutes(3), Status.FAILED, table=TABLES[9], context=run("s", layer="silver"))
    root = read_page(page(entries))
    assert headline_of(root) == "9 of 10 tables are up to date; 1 failed."
    assert "19 of 20" in root.all("dl", class_="tiles")[0].whole_text
    assert [h.whole_text for h in root.all("h2")][:3] == ["Needs attention", "Bronze tables", "Silver tables"]


def test_protection_notes_and_nulled_values_are_shown():
    columns = ColumnTreatments(clear=("id",), encrypted=("body", "phone"), held_back=("mood",))
    facts = {"message": AssetFacts(owner="data-team", places=(AssetPlace("bronze", target("message"), columns),))}
    root = read_page(page([entry(minutes(1), counts=RowCounts(read=3, nulled=3), notes=("fell back",))], facts))
    row = section(root, "Bronze tables").all("tbody")[0].whole_text
    assert "2 encrypted, 1 held back" in row
    assert "Columns encryptedbody, phone" in row
    assert "3 values left empty" in row
    assert "fell back" in row
    assert "Ownerdata-team" in row
    assert "3 values were left empty for want of a scrubber" in headline_of(root)


def test_runs_are_listed_newest_first_with_their_errors():
    entries = [entry(minutes(90), Status.FAILED, context=run("first")), entry(minutes(3), context=run("second"))]
    bodies = section(read_page(page(entries)), "Runs").all("tbody")
    assert ["first" in b.whole_text for b in bodies] == [False, True]
    assert f"{BROKEN.code} {BROKEN.message}" in bodies[1].whole_text
    many = [entry(minutes(i), context=run(f"r{i}")) for i in range(25)]
    runs = section(read_page(page(many)), "Runs")
    assert len(runs.all("tbody")) == 20
    assert "5 older runs not shown." in runs.whole_text


def test_an_empty_ledger_makes_a_page_that_says_so():
    root = read_page(page([]))
    assert headline_of(root) == "No table has been loaded yet."
    assert "No run is recorded yet." in section(root, "Runs").whole_text


def test_a_table_that_left_the_configuration_is_shown_but_not_counted():
    entries = [entry(minutes(1)), entry(minutes(1), Status.FAILED, table="gone")]
    root = read_page(page(entries, {"message": AssetFacts()}))
    assert headline_of(root) == "1 of 1 table is up to date."
    assert "gone" in section(root, "No longer in the configuration").whole_text


HOSTILE = "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(1)>\x00\x1b[2J\ud800\u202e`</style>"


def hostile_page(text: str) -> str:
    error = ErrorInfo("HL-SRC-002", text, text, text)
    columns = ColumnTreatments((text,), (text,), (text,), (text,), (text,), (text,))
    places = (AssetPlace(text, text, columns),)
    facts = AssetFacts(text, text, text, 60, None, (text,), guarded_by_row=False, places=places)
    context = run(
        text, job=text, layer=text, workspace=text, environment=text, country=text, zone=text, code_version=text
    )
    entries = [
        entry(minutes(9), table=text, target=text, context=context, source=text, source_position=text, notes=(text,)),
        entry(minutes(9), table=text, target=text, context=run("q"), counts=RowCounts(read=2, quarantined=1)),
        entry(minutes(1), Status.FAILED, table="t", target=text, context=context, error=error, notes=(text,)),
    ]
    return page(entries, {text: facts}, workspace=text)


def assert_safe(text: str) -> Element:
    text.encode("utf-8")
    root = read_page(text)
    for element in root.all():
        assert element.tag in ALLOWED
        assert not any(name.startswith("on") or name in {"src", "srcset"} for name in element.attributes)
        assert element.attributes.get("href", "data:,") == "data:,"
    return root


def test_hostile_names_stay_text_everywhere():
    text = hostile_page(HOSTILE)
    root = assert_safe(text)
    assert "<script" not in text
    assert "alert(1)" in root.whole_text
    assert not set(text) & set("\x00\x1b\ud800\u202e")
    assert len(root.all("style")) == 1


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from("<>&\"'`/=-! "), min_size=1, max_size=40))
def test_any_name_stays_text(text):
    assert_safe(hostile_page(text))


def test_the_page_needs_nothing_from_elsewhere():
    text = page(good_run())
    root = read_page(text)
    assert not root.all("script")
    assert [e.attributes["href"] for e in root.all("link")] == ["data:,"]
    (style,) = root.all("style")
    assert not re.search(r"url\(|@import|https?:", style.children[0].text)
    policy = root.all("meta", http_equiv="Content-Security-Policy")[0].attributes["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_the_page_can_be_heard_as_well_as_seen():
    entries = [*good_run()[1:], entry(minutes(1), Status.FAILED, table=TABLES[0])]
    root = read_page(page(entries))
    assert root.all("html")[0].attributes["lang"] == "en"
    assert len(root.all("main")) == len(root.all("h1")) == 1
    for table in root.all("table"):
        assert table.all("caption")[0].whole_text
        assert all(h.attributes["scope"] == "col" for h in table.all("thead")[0].all("th"))
        width = len(table.all("thead")[0].all("th"))
        for body in table.all("tbody"):
            (name,) = body.all("th")
            assert name.attributes["scope"] == "row"
            first = body.all("tr")[0]
            assert len([c for c in first.children if c.tag in {"th", "td"}]) == width
    for picture in root.all("svg"):
        assert picture.attributes.get("aria-hidden") == "true" or picture.attributes["aria-label"]
    for pill in [e for e in root.all("span") if (e.attributes.get("class") or "").startswith("pill")]:
        assert pill.whole_text.strip()


@pytest.mark.parametrize("share", ["State", "Last good", "Rows read", "Quarantined"])
def test_cells_name_their_column_for_narrow_screens(share):
    root = read_page(page(good_run()))
    cells = [c for c in section(root, "Bronze tables").all("td") if c.attributes.get("data-label") == share]
    assert len(cells) == len(TABLES)
