"""Which versions belong to a run, told from ledger entries alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from havenlake.errors import HavenlakeError
from havenlake.records import LedgerEntry, RunContext, Status, TableResult
from havenlake.tables.run_versions import run_versions

START = datetime(2026, 3, 14, tzinfo=UTC)
CONTEXT = RunContext("x", 1, "job", "app", "stage", "ws", "dev", "US", "us", "bronze", "c", "0.1.0")
BRONZE, OTHER, SILVER = "b.s.message", "b.s.texter", "si.s.message"


class Story:
    """A ledger, written event by event."""

    def __init__(self):
        self.entries = []

    def add(self, run, target, version, *, source="export", position="a1b2", status=Status.SUCCEEDED):
        moment = START + timedelta(minutes=len(self.entries))
        result = TableResult(
            table=target.rpartition(".")[2],
            target=target,
            status=status,
            started_at=moment,
            source=source,
            source_position=position,
            version_after=version,
        )
        self.entries.append(LedgerEntry(moment, replace(CONTEXT, run_id=run), result))
        return self

    def silver(self, run, version, of):
        return self.add(run, SILVER, version, source=BRONZE, position=f"bronze version {of}")

    def of(self, run):
        return run_versions(self.entries, run)


@pytest.fixture
def story():
    """Two loads, each carried to silver."""
    story = Story().add("r1", BRONZE, 0).add("r1", OTHER, 0).silver("s1", 0, of=0)
    return story.add("r2", BRONZE, 3).add("r2", OTHER, 0, status=Status.UNCHANGED).silver("s2", 5, of=3)


def test_a_load_brings_the_silver_that_was_made_of_it(story):
    assert story.of("r1").versions == {BRONZE: 0, OTHER: 0, SILVER: 0}
    assert story.of("r2").versions == {BRONZE: 3, OTHER: 0, SILVER: 5}


def test_a_silver_run_brings_the_bronze_that_it_read(story):
    late = story.add("r3", BRONZE, 4).silver("s3", 5, of=3)  # it began before r3 ended
    assert late.of("s3").versions == {BRONZE: 3, OTHER: 0, SILVER: 5}


def test_later_rebuilds_do_not_change_what_a_run_was(story):
    assert story.silver("s4", 9, of=3).of("r2").versions[SILVER] == 5


def test_silver_that_skipped_a_load_is_told_not_guessed(story):
    skipped = story.add("r3", BRONZE, 4).add("r4", BRONZE, 6).silver("s5", 8, of=6)
    assert skipped.of("r4").versions[SILVER] == 8
    with pytest.raises(HavenlakeError, match="HL-RUN-004") as caught:
        skipped.of("r3").of(SILVER, "r3")
    assert "never made of version 4 of b.s.message" in str(caught.value)


def test_a_failed_table_is_as_the_run_found_it(story):
    failed = story.add("r3", BRONZE, None, status=Status.FAILED).add("r3", OTHER, 7)
    assert failed.of("r3").versions == {BRONZE: 3, OTHER: 7, SILVER: 5}


def test_runs_that_are_not_known_or_not_finished(story):
    with pytest.raises(HavenlakeError, match="HL-RUN-003 the ledger knows no run absent"):
        story.of("absent")
    story.add("r3", BRONZE, None, status=Status.RUNNING).add("r3", OTHER, 1)
    with pytest.raises(HavenlakeError, match="HL-RUN-003 run r3 has not finished 1 of 2 tables"):
        story.of("r3")
    assert story.add("r3", BRONZE, 8).of("r3").versions[BRONZE] == 8


def test_a_table_that_did_not_exist_then(story):
    later = story.add("r9", "b.s.new", 0)
    with pytest.raises(HavenlakeError, match=r"HL-RUN-004 .*did not exist then"):
        later.of("r2").of("b.s.new", "r2")
