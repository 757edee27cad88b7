"""What upkeep decides from properties and history, without Spark."""

from datetime import timedelta

import pytest

from havenlake.tables.retention import still_hidden
from havenlake.tables.store import Commit
from havenlake.tables.upkeep import KEEP_FILES, KEEP_LOG, OURS, carries_rows, history_properties, parse_interval

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("properties", "keep", "wanted"),
    [
        ({}, 7 * DAY, {}),
        ({}, 14 * DAY, {KEEP_FILES: "interval 1209600 seconds", OURS: "interval 1209600 seconds"}),
        ({}, DAY, {KEEP_FILES: "interval 86400 seconds", OURS: "interval 86400 seconds"}),
        ({KEEP_FILES: "interval 1209600 seconds", OURS: "interval 1209600 seconds"}, 14 * DAY, {}),
    ],
)
def test_history_is_kept_as_long_as_configured(properties, keep, wanted):
    assert history_properties(properties, keep) == wanted


def test_what_was_set_here_follows_the_configuration_both_ways():
    ours = {KEEP_FILES: "interval 1209600 seconds", OURS: "interval 1209600 seconds"}
    assert history_properties(ours, 7 * DAY)[KEEP_FILES] == "interval 604800 seconds"
    assert history_properties(ours, 15 * DAY)[KEEP_FILES] == "interval 1296000 seconds"


@pytest.mark.parametrize("longer", ["interval 90 days", "interval 2 weeks", "interval 3 months and a day"])
def test_a_longer_promise_of_somebody_else_and_one_that_cannot_be_read_stay(longer):
    assert history_properties({KEEP_FILES: longer}, 7 * DAY) == {}


def test_a_shorter_promise_of_somebody_else_is_raised():
    assert history_properties({KEEP_FILES: "interval 1 day"}, 7 * DAY)[KEEP_FILES] == "interval 604800 seconds"


def test_the_log_is_kept_as_long_as_the_files():
    assert history_properties({}, 60 * DAY)[KEEP_LOG] == "interval 5184000 seconds"
    assert KEEP_LOG not in history_properties({KEEP_LOG: "interval 90 days"}, 60 * DAY)


@pytest.mark.parametrize(
    ("text", "length"),
    [("interval 1 week", 7 * DAY), ("30 DAYS", 30 * DAY), ("interval 5 fortnights", None), ("", None)],
)
def test_intervals_are_read_in_their_usual_forms(text, length):
    assert parse_interval(text) == length


@pytest.mark.parametrize(
    "quiet",
    ["OPTIMIZE", "REORG", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "ADD COLUMNS"],
)
def test_commits_without_rows_are_nothing_to_read(quiet):
    assert not carries_rows(Commit(1, quiet, {}))


@pytest.mark.parametrize("loud", ["MERGE", "WRITE", "UPDATE", "DELETE", "RESTORE", "SOMETHING NEW"])
def test_other_commits_and_unknown_ones_are(loud):
    assert carries_rows(Commit(1, loud, {}))


def commits(*operations):
    """A history, newest first, versions counting down to 0."""
    return [Commit(len(operations) - 1 - i, name, {}) for i, name in enumerate(operations)]


@pytest.mark.parametrize(
    ("history", "purged", "hidden"),
    [
        (("MERGE", "UPDATE", "WRITE"), None, True),
        (("MERGE", "UPDATE", "WRITE"), "0", True),
        (("SET TBLPROPERTIES", "REORG", "UPDATE", "WRITE"), "2", False),
        (("UPDATE", "SET TBLPROPERTIES", "UPDATE", "WRITE"), "1", True),
        (("MERGE", "WRITE"), None, False),
        ((), "not a number", False),
    ],
)
def test_emptied_payloads_count_as_hidden_until_a_purge_is_recorded(history, purged, hidden):
    assert still_hidden(commits(*history), purged) is hidden
