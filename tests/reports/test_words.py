"""Numbers, times and names in plain words."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import havenlake.reports
from havenlake.records import RowCounts
from havenlake.reports import words

NOW = datetime(2026, 3, 14, 0, 10, tzinfo=UTC)


def test_examples_in_the_docstrings_hold():
    names = [m.name for m in pkgutil.iter_modules(havenlake.reports.__path__, "havenlake.reports.")]
    results = [doctest.testmod(importlib.import_module(name)) for name in names]
    assert sum(r.attempted for r in results) > 5
    assert not sum(r.failed for r in results)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (NOW - timedelta(seconds=2), "just now, 00:09 UTC"),
        (NOW + timedelta(hours=1), "just now, 01:10 UTC"),
        (NOW - timedelta(seconds=50), "50 seconds ago, 00:09 UTC"),
        (NOW - timedelta(minutes=10), "10 minutes ago, 00:00 UTC"),
        (NOW - timedelta(minutes=11), "11 minutes ago, 13 Mar 23:59 UTC"),
        (NOW - timedelta(hours=1), "1 hour ago, 13 Mar 23:10 UTC"),
        (NOW - timedelta(days=365), "365 days ago, 14 Mar 2025 00:10 UTC"),
    ],
)
def test_moments(when, expected):
    assert words.moment(when, NOW) == expected


@given(st.text(st.characters(exclude_categories=[])))
def test_printable_text_can_be_written_and_moves_nothing(text):
    clean = words.printable(text)
    clean.encode("utf-8")
    assert len(clean) == len(text)
    assert not set(clean) & set("\x1b\x00\x07\r\x9b\u202e\u2066\ud800")
    assert words.printable(clean) == clean
    assert "\n" not in words.one_line(text)


def test_printable_keeps_every_language_and_emoji():
    text = "Zoë 日本語 עברית हिन्दी 👩\N{ZERO WIDTH JOINER}👧 a&<b>"
    assert words.printable(text) == text


@given(st.builds(RowCounts, inserted=st.integers(0, 10**9), updated=st.integers(0, 9), deleted=st.integers(0, 9)))
def test_signs_and_words_tell_the_same(counts):
    assert (words.changes(counts) == "none") == (words.changes_spoken(counts) == "no change") == (counts.changed == 0)


@given(st.floats(0, 10**7))
def test_durations_never_show_sixty_of_a_unit(seconds):
    text = words.duration(seconds)
    assert "60 s" not in text
    assert " 60 min" not in text
