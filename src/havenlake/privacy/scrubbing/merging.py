"""From candidates to spans: what counts, what stays readable, and one span where several overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from havenlake.config.policies import ENTITIES, ScrubPolicy
from havenlake.privacy.scrubber import Span
from havenlake.privacy.scrubbing.candidates import Candidate, View
from havenlake.privacy.scrubbing.folding import fold
from havenlake.privacy.scrubbing.operators import TAG
from havenlake.privacy.scrubbing.readable import readable_numbers

_SPACE = " \t\r\n"
_VAGUE = ("ID_NUMBER", "UNKNOWN_WORD")


class Merger:
    """Applies a policy's thresholds and keep-list, and resolves overlaps."""

    def __init__(self, policy: ScrubPolicy) -> None:
        self._thresholds: dict[str, float] = {
            e: policy.threshold(e) for e in ENTITIES if policy.rule(e).operator != "keep"
        }
        self._kept = frozenset(_plain(fold(text).text) for text in policy.keep)

    def spans(self, view: View, candidates: Iterable[Candidate]) -> tuple[Span, ...]:
        """Spans of the original text that do not overlap, in order."""
        counting = [
            c for c in candidates if c.score >= self._thresholds.get(c.entity, 2.0) and not self._stays(view, c)
        ]
        if not counting:
            return ()
        found = sorted(self._original(view, counting))
        tags = [m.span() for m in TAG.finditer(view.folded.original)] if "<" in view.folded.original else []
        clear = [s for s in found if not any(start <= s[0] and s[1] <= end for start, end in tags)]
        return tuple(_merged(clear))

    def _stays(self, view: View, candidate: Candidate) -> bool:
        surface = view.text[candidate.start : candidate.end]
        if _plain(surface) in self._kept:
            return True
        return any(c.isdigit() for c in surface) and _digits(surface) in readable_numbers() and not _letters(surface)

    def _original(self, view: View, candidates: list[Candidate]) -> Iterator[tuple[int, int, float, str, str]]:
        original = view.folded.original
        for c in candidates:
            start, end = view.folded.span(c.start, c.end)
            while end > start and original[end - 1] in _SPACE:
                end -= 1
            while start < end and original[start] in _SPACE:
                start += 1
            if start < end:
                yield start, end, c.score, c.entity, c.recogniser


def _merged(found: list[tuple[int, int, float, str, str]]) -> Iterator[Span]:
    """One span over everything that overlaps, named after its longest part that says what it is, so that nothing found stays readable."""
    group: list[tuple[int, int, float, str, str]] = []
    end = -1
    for span in found:
        if group and span[0] >= end:
            yield _named(group, end)
            group = []
        group.append(span)
        end = max(end, span[1]) if len(group) > 1 else span[1]
    if group:
        yield _named(group, end)


def _named(group: list[tuple[int, int, float, str, str]], end: int) -> Span:
    best = max(group, key=lambda s: (s[3] not in _VAGUE, s[4] != "tagger", s[1] - s[0], s[2], s[3], s[4]))
    return Span(group[0][0], end, best[3], best[2], best[4])


def _plain(text: str) -> str:
    return " ".join(text.split())


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _letters(text: str) -> bool:
    return any(c.isalpha() for c in text)
