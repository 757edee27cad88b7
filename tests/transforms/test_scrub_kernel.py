"""The kernel of scrubbing without Spark: conversations put together from batches, whole or in pieces, and told of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havenlake.errors import HavenlakeError
from havenlake.privacy import ScrubbedText, Scrubber
from havenlake.transforms import _scrubbing
from havenlake.transforms._scrubbing import Route, Scrub

ROUTE = Route(conversations="conversation")


class Recorder:
    """Keeps what it is asked for together; marks each text by the conversations of its call."""

    fingerprint = "recorder-1"

    def __init__(self) -> None:
        self.calls: list[list[str | None]] = []

    def scrub(self, texts, languages=None, countries=None, conversations=None, known=None):  # noqa: ARG002
        self.calls.append(list(conversations or [None] * len(texts)))
        return [ScrubbedText(None, failure="ValueError") if text == "bad" else ScrubbedText(text) for text in texts]


def batches(rows: Sequence[tuple[str | None, str | None]], size: int) -> Iterator[list[pa.Array]]:
    """Rows of conversation and text, as Arrow would bring them."""
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        texts = [None if text is None else text.encode() for _, text in part]
        yield [pa.array(texts, pa.binary()), pa.array([c for c, _ in part], pa.string())]


def flowed(kernel: Scrub, rows: Sequence[tuple[str | None, str | None]], size: int = 3) -> list[dict[str, object]]:
    return [row for part in kernel.flow(batches(rows, size)) for row in part.to_pylist()]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sampled_from(["im sarah", "ok sarah", "hi", None]))),
    st.integers(1, 7),
)
def test_the_result_is_the_same_whatever_the_batches(rows: list[tuple[str | None, str | None]], size: int) -> None:
    ordered = sorted(rows, key=lambda row: row[0] or "")
    kernel = Scrub(Scrubber.load(), ROUTE, [(None, 1)])
    found = flowed(kernel, ordered, size)
    texts = [text or "" for _, text in ordered]
    model = Scrubber.load().scrub(texts, conversations=[c for c, _ in ordered]) if texts else []
    assert [row["c0"] for row in found] == [
        None if text is None else str(m.text).encode() for (_, text), m in zip(ordered, model, strict=True)
    ]


def test_a_large_conversation_comes_in_pieces_that_do_not_depend_on_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_scrubbing, "PIECE_ROWS", 4)
    rows = [("a", "x")] * 2 + [("b", "y")] * 10 + [("c", "z")]
    told = []
    for size in (1, 3, 100):
        recorder = Recorder()
        told.append([row["piece"] for row in flowed(Scrub(recorder, ROUTE, [(None, 1)]), rows, size)])
        assert all(call.count("b") <= 4 for call in recorder.calls), "pieces of one conversation share no call"
    assert told == [[None] * 2 + [1] * 4 + [2] * 4 + [3] * 2 + [None]] * 3


def test_bytes_bound_a_piece_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_scrubbing, "PIECE_BYTES", 10)
    found = flowed(Scrub(Recorder(), ROUTE, [(None, 1)]), [("a", "x" * 6), ("a", "y" * 6), ("a", "z" * 30)])
    assert [row["piece"] for row in found] == [1, 2, 3]


def test_a_text_that_fails_is_null_and_counted() -> None:
    found = flowed(Scrub(Recorder(), ROUTE, [(None, 1)]), [("a", "bad"), ("a", "good"), ("a", None)])
    assert [(row["c0"], row["failed"]) for row in found] == [(None, 1), (b"good", 0), (None, 0)]


def test_rows_out_of_order_are_refused_rather_than_scrubbed_apart() -> None:
    with pytest.raises(HavenlakeError, match="together") as caught:
        flowed(Scrub(Recorder(), ROUTE, [(None, 1)]), [("b", "x"), ("a", "y"), ("b", "z")])
    assert caught.value.code == "HL-SCR-010"


def test_a_scrubber_that_breaks_says_nothing_of_the_text() -> None:
    class Broken:
        fingerprint = "broken-1"

        def scrub(self, texts, *_others):
            raise RuntimeError(f"cannot load for {texts}")

    with pytest.raises(HavenlakeError) as caught:
        flowed(Scrub(Broken(), ROUTE, [(None, 1)]), [("a", "my secret")])
    assert caught.value.code == "HL-SCR-010"
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
