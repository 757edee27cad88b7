"""The privacy report: every column with its fate, what is measured, and what crosses a border."""

from __future__ import annotations

from havenlake.config import Asset
from havenlake.config.explain import column_fate
from havenlake.config.nodes import frozen
from havenlake.reports.privacy_report import PrivacyColumn, PrivacyTable, Recall, privacy_page
from tests.reports.ledgers import NOW
from tests.reports.pages import read_page
from tests.reports.test_page_facts import MORE

ASSET = Asset.model_validate(
    frozen({"identity": ["id"], "encrypted": ["phone"], "scrubbing": ["note<b>"], "columns": {"nick": "drop"}})
)
TYPES = {"id": "bigint", "phone": "string", "note<b>": "string", "nick": "string", "later": "string"}


def table() -> PrivacyTable:
    fates = {name: column_fate(ASSET, name, kind) for name, kind in TYPES.items()}
    columns = tuple(
        PrivacyColumn("texter", name, TYPES[name], ", ".join(f.named_by) or "nothing", f.bronze, f.silver)
        for name, f in fates.items()
    )
    return PrivacyTable(
        "texter", "privacy@x.example", ("b.p.texter", "s.p.texter"), "Kept for ever", "Guarded", columns
    )


def page(recall: tuple[Recall, ...] = (Recall("default", 999, 1_000),)) -> str:
    readers = {"silver": ("science",), "bronze": ()}
    assert MORE.residency is not None
    return privacy_page((table(),), recall, readers, MORE.residency, MORE.keys, workspace="tai-prod", now=NOW)


def section(name: str, text: str | None = None):
    (found,) = read_page(text or page()).all("section", aria_label=name)
    return found


def test_every_column_is_told_with_its_fate():
    rows = [r.whole_text for r in section("texter").all("tbody")]
    assert len(rows) == len(TYPES)
    fates = dict(zip(TYPES, rows, strict=True))
    assert "encrypted" in fates["phone"]
    assert "the same ciphertext" in fates["phone"]
    assert "scrubbed" in fates["note<b>"]
    assert "absent" in fates["nick"]
    assert "absent (held back)" in fates["later"]
    assert "nothing" in fates["later"]
    assert "5 columns of 1 table; 3 encrypted in bronze." in read_page(page()).all("h1")[0].whole_text


def test_what_is_measured_who_reads_and_what_crosses_a_border():
    assert "99.90%" in section("Scrubbing").whole_text
    assert "No job scrubs" in section("Scrubbing", page(())).whole_text
    assert "science" in section("Readers").whole_text
    assert "this instance alone" in section("Readers").whole_text
    assert "no Canadian site" in section("Residency").whole_text
    assert "k001" in section("Keys").whole_text
