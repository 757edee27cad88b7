"""What the status page tells of quarantine, keys and residency, and that its own parser reads pages of any size."""

from __future__ import annotations

from datetime import date

import pytest

from havenlake.records import RowCounts
from havenlake.reports.html import status_page
from havenlake.reports.page_facts import KeyLine, PageFacts, QuarantineGroup, ResidencyFacts
from havenlake.reports.status import AssetFacts, run_states, table_states
from havenlake.residency import Crossing, PlaceUse
from tests.reports.ledgers import NOW, entry, minutes, target
from tests.reports.pages import read_page

EXCEPTIONS = tuple(
    Crossing("ca", f"datadog:{site}", "us", "telemetry", "no Canadian site", "privacy@x.example", day, day < NOW.date())
    for site, day in (("a.example", date(2028, 3, 31)), ("b.example", date(2020, 1, 1)))
)
MORE = PageFacts(
    quarantine=(
        QuarantineGroup(target("message"), "country_elsewhere", "eu", 150, ("part-0", "part-1")),
        QuarantineGroup(target("message"), "identity_missing", None, 1, ("part-0",)),
        QuarantineGroup(target("other"), "identity_missing", None, 1, ("part-9",)),
    ),
    keys=(KeyLine("k001", "encryption", "live", True, "2026-01-31T00:00:00Z"),),
    residency=ResidencyFacts(
        "ca", "ca-central-1", ("CA",), (PlaceUse("s3://b", "rows", "ca", "landing.0"),), EXCEPTIONS, ("shift",)
    ),
)


def page(tables: int, more: PageFacts = MORE) -> str:
    names = ["message", *(f"table_{i}" for i in range(1, tables))][:tables]
    counts = RowCounts(read=200, inserted=49, quarantined=151, foreign=150)
    entries = [entry(minutes(3), table=t, counts=counts if t == "message" else RowCounts(read=1)) for t in names]
    facts = {t: AssetFacts(guarded_by_row=t != "table_1") for t in names}
    return status_page(table_states(entries, facts, NOW), run_states(entries), more=more, workspace="tai-prod", now=NOW)


def section(text: str, name: str):
    (found,) = read_page(text).all("section", aria_label=name)
    return found


def test_quarantine_opens_to_rule_zone_and_place():
    (row,) = section(page(2), "Quarantine").all("tbody")
    (details,) = row.all("details")
    told = details.whole_text
    assert "150 x country_elsewhere" in told
    assert "the row belongs to another zone (eu); at part-0, part-1 and 148 more places" in told
    assert "an identity column is empty; at part-0" in told
    assert "part-9" not in page(2)


def test_keys_are_shown_by_id_and_state_and_only_where_they_can_be_opened():
    assert "k001" in section(page(1), "Keys").whole_text
    assert "live, active" in section(page(1), "Keys").whole_text
    assert not read_page(page(1, PageFacts())).all("section", aria_label="Keys")


def test_residency_shows_places_exceptions_and_what_nothing_guards():
    told = section(page(1), "Residency").whole_text
    assert "Rows of CA may lie here: zone ca, region ca-central-1." in told
    assert "s3://b" in told
    assert "expired 2020-01-01" in told
    assert "2028-03-31" in told
    assert "no Canadian site (privacy@x.example)" in told
    assert "Guarded by place only, because no column tells the country: shift." in told


def test_the_headline_counts_tables_unguarded_by_row():
    assert "1 table is unguarded by row" in read_page(page(3)).all("h1")[0].whole_text
    assert "unguarded" not in read_page(page(1)).all("h1")[0].whole_text


@pytest.mark.parametrize("tables", [0, 3, 500])
def test_pages_of_any_size_are_well_formed(tables):
    """A real parser reads the page to the end, and finds every table once with all of its cells named."""
    root = read_page(page(tables))
    bodies = root.all("section", aria_label="Bronze tables")[0].all("tbody") if tables else []
    assert len(bodies) == tables
    assert all(len(b.all("td")) >= 7 for b in bodies)
    assert len(root.all("h1")) == 1
