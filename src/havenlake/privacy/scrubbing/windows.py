"""Long texts in pieces, so that memory stays bounded; pieces overlap, so that nothing at a border is missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from havenlake.privacy.scrubbing.candidates import View
from havenlake.privacy.scrubbing.folding import Folded

WINDOW, OVERLAP = 20_000, 400


def windows(view: View) -> Iterator[tuple[View, int, int, int]]:
    """A view of each piece, its offset in the folded text, and the stretch whose findings count."""
    length = len(view.text)
    if length <= WINDOW:
        yield view, 0, 0, max(length, 1)
        return
    for start in range(0, length, WINDOW):
        end = min(start + WINDOW, length)
        low, high = max(0, start - OVERLAP), min(length, end + OVERLAP)
        yield replace(view, folded=_part(view.folded, low, high)), low, start, end


def _part(folded: Folded, low: int, high: int) -> Folded:
    """A stretch of a folded text as a text of its own; its offsets are those of the stretch."""
    if folded.starts is None:
        return Folded(folded.original[low:high], folded.text[low:high], None)
    first, end = folded.span(low, high)
    starts = [at - first for at in folded.starts[low:high]]
    return Folded(folded.original[first:end], folded.text[low:high], starts)
