"""The tagger of names: a linear model over hashed features, quick because a word's own part is summed once and kept.

It reads folded text and no capitals, so cased and lower-case text get the same names. Most words of a language score
so low by themselves that nothing beside them could make them names; only the others are looked at in their places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from havenlake.privacy.scrubbing.candidates import Candidate, Recogniser, Trigger, View
from havenlake.privacy.scrubbing.cues import CUES
from havenlake.privacy.scrubbing.features import (
    EDGE,
    NOBODY,
    around,
    base_of,
    beside,
    bucket,
    everyday,
    gap,
    kind_of,
    own,
)
from havenlake.privacy.scrubbing.lexicon import CUED, NEVER_ALONE
from havenlake.privacy.scrubbing.operators import TAG
from havenlake.privacy.scrubbing.spelling import misspelt

_KEPT = 100_000
"""Words and features whose weights are kept; then all are forgotten, so that memory stays bounded."""
_LEAST = -1.25
"""Surroundings hardly ever add more to a word: words further below the threshold are never looked at."""
_JOINED = 1.5
"""A word beside a name needs so much less."""
_MOST_JOINED = 3
_COMMON = 1.5
"""A common word of the language needs so much more."""
_MISSPELT = 0.8
"""So does what looks like one with a typing error."""


class Tagger:
    """Weights at work; one per process and model. What it keeps changes its speed, never a score."""

    def __init__(self, weights: bytes, scale: float) -> None:
        self._weights = memoryview(weights).cast("b")
        self._scale = scale
        self._own: dict[int, dict[str, float]] = defaultdict(dict)
        self._features: dict[str, int] = {}

    def alone(self, word: str, languages: int) -> float:
        """What a word says by itself: above 0 it is rather a name."""
        known = self._own[languages]
        score = known.get(word)
        if score is None:
            if len(known) > _KEPT:
                known.clear()
            score = known[word] = self._scale * sum(self._weights[bucket(f)] for f in own(word, languages))
        return score

    def scores(self, view: View, above: float) -> dict[int, float]:
        """Scores of the words, by position, that may come above a threshold in their places."""
        words, languages = view.words, view.languages
        known, alone = self._own[languages], self.alone
        least = above + _LEAST
        tagged = self._beside_tags(view)
        found: dict[int, float] = {}
        for i, (word, _, _) in enumerate(words):
            score = known.get(word)
            if score is None:
                score = alone(word, languages)
            if score > least and len(word) > 1 and i not in tagged and not self._safe(view, word):
                found[i] = score + self._placed(view, i)
        return found

    def _beside_tags(self, view: View) -> frozenset[int]:
        """Words that have a tag of ours in sight: they were judged beside what the tag replaced, and stay as they are."""
        if "<" not in view.text or not (tags := [m.span() for m in TAG.finditer(view.folded.original)]):
            return frozenset()
        inside = [
            i
            for i, (_, start, end) in enumerate(view.words)
            if any(low <= view.folded.span(start, end)[0] < high for low, high in tags)
        ]
        return frozenset(i + offset for i in inside for offset in range(-2, 4))

    def _safe(self, view: View, word: str) -> bool:
        """Days, months, interjections and titles are no names unless a cue says so."""
        lists = view.lexicon
        return bool(lists.words.get(word, 0) & NEVER_ALONE) or (word in CUES and not lists.names.get(word, 0) & CUED)

    def _placed(self, view: View, i: int) -> float:
        words, languages = view.words, view.languages
        count = len(words)
        word, start, end = words[i]
        near = [
            beside(words[j][0], languages) if 0 <= j < count else NOBODY for j in (i - 3, i - 2, i - 1, i + 1, i + 2)
        ]
        before = gap(view.text[words[i - 1][2] : start]) if i else EDGE
        after = gap(view.text[end : words[i + 1][1]]) if i + 1 < count else EDGE
        return self._sum(around(kind_of(word, languages), near, (before, after)))

    def _sum(self, features: Iterable[str]) -> float:
        known, total = self._features, 0
        for feature in features:
            weight = known.get(feature)
            if weight is None:
                if len(known) > _KEPT:
                    known.clear()
                weight = known[feature] = self._weights[bucket(feature)]
            total += weight
        return self._scale * total

    def names(self, view: View, above: float) -> Iterator[tuple[int, int, float]]:
        """Names as first and last word with their score."""
        scores = self.scores(view, above)
        taken = -1
        for i in sorted(scores):
            if i <= taken or scores[i] < above + self._more(view, view.words[i][0]):
                continue
            first = last = i
            while self._joins(view, scores, first - 1, first, above) and first - 1 > taken and i - first < _MOST_JOINED:
                first -= 1
            while self._joins(view, scores, last + 1, last, above) and last - i < _MOST_JOINED:
                last += 1
            taken = last
            yield first, last, scores[i]

    def _more(self, view: View, word: str) -> float:
        """How much more a word needs that a language, or a typing error, explains."""
        base = base_of(word)
        if view.common(base):
            return _COMMON
        listed = view.lexicon.names.get(base, 0)
        return 0.0 if listed or not misspelt(base, view.languages) else _MISSPELT

    def _joins(self, view: View, scores: dict[int, float], at: int, to: int, above: float) -> bool:
        """Whether a word belongs to the name beside it."""
        if scores.get(at, -99.0) < above - _JOINED or view.words[at][0] in CUES:
            return False
        if everyday(view.words[at][0], view.languages):
            return False
        low, high = min(at, to), max(at, to)
        return view.text[view.words[low][2] : view.words[high][1]] in (" ", "-", ". ", "'", " - ")


THRESHOLDS = {"standard": -2.75, "strict": -4.0}
"""Least score of a name by tier; chosen on development text, see the model card."""


def recogniser_of(tagger: Tagger, tier: str) -> Recogniser:
    """The tagger as a recogniser: what standard would not mask is an unknown word, not a person, in the strict tier."""
    above, sure = THRESHOLDS[tier], THRESHOLDS["standard"]

    def find(view: View) -> Iterator[Candidate]:
        words = view.words
        for first, last, score in tagger.names(view, above):
            entity = "PERSON" if score >= sure else "UNKNOWN_WORD"
            yield Candidate(words[first][1], words[last][2], entity, _scaled(score), "tagger")

    return Recogniser("tagger", ("PERSON", "UNKNOWN_WORD"), Trigger(marks=("",)), find)


def _scaled(score: float) -> float:
    """A score between 0.5 and 0.99, for thresholds of policies and for people."""
    return round(min(0.99, max(0.5, 0.74 + score * 0.06)), 2)
