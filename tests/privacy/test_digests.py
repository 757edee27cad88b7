"""Sealed digests: what they tell apart, what they keep to themselves, how they are stored."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havenlake.privacy.digests import MOST_BUCKETS, ONE_BUCKET, Bucket, SnapshotDigest, shift_for

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
LONGS = st.integers(-(2**63), 2**63 - 1)


def digest(*buckets: Bucket, key: bytes = KEY, scheme: str = "s", shift: int = 12) -> SnapshotDigest:
    found = SnapshotDigest.of(shift, buckets, key, scheme)
    assert found is not None
    return found


BUCKETS = tuple(Bucket(n, 4096, n * 7, -n) for n in range(-2, 5))


def test_equal_snapshots_have_equal_digests_whatever_the_order() -> None:
    assert digest(*BUCKETS).span_of_differences(digest(*reversed(BUCKETS))) is None


@pytest.mark.parametrize(
    "changed",
    [{"rows": 4095}, {"first": 8}, {"second": 8}],
)
def test_a_difference_is_told_by_the_keys_of_its_bucket(changed: dict[str, int]) -> None:
    other = [b if b.number != 1 else b._replace(**changed) for b in BUCKETS]
    assert digest(*BUCKETS).span_of_differences(digest(*other)) == (4096, 8191)


def test_the_span_reaches_from_the_first_to_the_last_difference() -> None:
    before, now = digest(*BUCKETS), digest(*BUCKETS[1:], Bucket(9, 1, 1, 1))
    assert before.span_of_differences(now) == (-2 * 4096, 10 * 4096 - 1)
    assert now.rows_outside(-2 * 4096, -4096 - 1) == 6 * 4096 + 1
    assert now.rows_outside(9 * 4096, 10 * 4096 - 1) == 6 * 4096


def test_another_key_or_scheme_makes_everything_different() -> None:
    whole = (-2 * 4096, 5 * 4096 - 1)
    assert digest(*BUCKETS).span_of_differences(digest(*BUCKETS, key=OTHER_KEY)) == whole
    assert digest(*BUCKETS).span_of_differences(digest(*BUCKETS, scheme="t")) == whole


def test_rows_without_an_identity_have_no_digest() -> None:
    assert SnapshotDigest.of(12, [*BUCKETS, Bucket(None, 1, 1, 1)], KEY, "s") is None


def test_what_is_stored_holds_no_sum() -> None:
    """Whoever reads the ledger must not be able to test a guess at a row."""
    first, second = 0x1122334455667788, 0x0102030405060708
    stored = b64decode(digest(Bucket(0, 1, first, second)).to_text())
    for lane in (first, second):
        assert lane.to_bytes(8, "big") not in stored
        assert lane.to_bytes(8, "little") not in stored


@given(st.lists(st.tuples(LONGS, st.integers(0, 2**40), LONGS, LONGS), unique_by=lambda b: b[0], max_size=20))
def test_storing_loses_nothing(buckets: list[tuple[int, int, int, int]]) -> None:
    made = digest(*(Bucket(*b) for b in buckets))
    assert SnapshotDigest.from_text(made.to_text()) == made


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x02" + b"\x00" * 33])
def test_what_another_release_wrote_is_no_digest(stored: bytes) -> None:
    assert SnapshotDigest.from_text(b64encode(stored).decode()) is None


def test_an_empty_snapshot_equals_itself_only() -> None:
    empty = digest()
    assert (empty.rows, empty.span_of_differences(replace(empty))) == (0, None)
    assert empty.span_of_differences(digest(BUCKETS[2])) == (0, 4095)


@given(LONGS, LONGS)
def test_any_range_of_keys_is_cut_into_few_buckets_that_hold_it(one: int, other: int) -> None:
    low, high = min(one, other), max(one, other)
    shift = shift_for(low, high)
    assert 12 <= shift < ONE_BUCKET
    assert (high >> shift) - (low >> shift) < MOST_BUCKETS
    assert low >> shift << shift <= low <= high <= ((high >> shift) + 1 << shift) - 1 <= 2**63 - 1
