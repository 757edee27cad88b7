from collections import Counter

from tools.run_tests import counts_of, describe

REPORT = """<?xml version="1.0"?><testsuites>
<testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10"/></testsuites>"""


def test_counts_come_from_the_report(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    counts = counts_of(tmp_path / "report.xml")
    assert counts == Counter(passed=4, failed=3, skipped=3)
    assert describe(counts) == "4 passed, 3 failed, 3 skipped"


def test_a_run_that_died_is_a_failure(tmp_path):
    assert describe(counts_of(tmp_path / "absent.xml")) == "0 passed, 1 failed, 0 skipped"
