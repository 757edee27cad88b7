"""Tables of results, and the one in the documentation."""

from __future__ import annotations

from benchmarks.measuring import Timing
from benchmarks.profiling import STEPS
from benchmarks.report import BEGIN, END, PAGE, REFERENCE, Report, with_table

REPORT = Report(
    {"cores": "2"},
    1_000,
    [
        Timing("first load", "F", (2.0, 1.0, 9.0)),
        Timing("first load", "P", (4.0, 4.0, 4.0)),
        Timing("first load", "Havenlake", (5.0, 6.0, 7.0)),
        Timing("silver", "Havenlake", (3.0,)),
    ],
)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_ratios_are_of_medians_within_a_case() -> None:
    lines = REPORT.markdown().splitlines()
    assert lines[0] == "1,000 messages; cores 2"
    assert cells(lines[4]) == ["first load", "F", "2.00", "2.00 1.00 9.00", "1.00", "0.50"]
    assert cells(lines[6]) == ["first load", "Havenlake", "6.00", "5.00 6.00 7.00", "3.00", "1.50"]


def test_a_case_without_the_others_has_no_ratios() -> None:
    assert cells(REPORT.markdown().splitlines()[7]) == ["silver", "Havenlake", "3.00", "3.00", "", ""]


def test_json_keeps_everything() -> None:
    assert Report.from_json(REPORT.to_json()).markdown() == REPORT.markdown()


def test_only_the_table_of_a_page_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_table(with_table(page, REPORT), REPORT) == f"before\n{BEGIN}\n\n{REPORT.markdown()}\n\n{END}\nafter\n"


def test_the_documentation_shows_the_reference_result() -> None:
    page = PAGE.read_text(encoding="utf-8")
    reference = Report.from_json(REFERENCE.read_text(encoding="utf-8"))
    assert with_table(page, reference) == page


def test_profiled_steps_exist() -> None:
    assert [name for _, owner, name in STEPS if not callable(getattr(owner, name, None))] == []
