"""Canaries: invented texts whose details are known, scrubbed beside real ones to see whether the scrubber still works.

They are made from `canaries.yaml`: each detail of each country in sentences of each of its languages, as written, in
lower case and in capitals. A report counts; neither texts nor details leave this module through it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from havenlake.privacy.scrubber import ScrubbedText, TextScrubber

FLOOR = 0.995
"""Recall below which a scrubber must not be trusted with a load."""
_CASES = (str, str.lower, str.upper)
_BATCH = 500


class Canary(NamedTuple):
    """One text with one detail of a kind, `start` to `end` exclusive."""

    text: str
    start: int
    end: int
    kind: str
    country: str
    language: str


@dataclass(frozen=True)
class CanaryReport:
    """How many canaries were scrubbed and how many had every letter and digit of their detail masked.

    `missed_by_kind` has `country/kind` and how many of these stayed readable; `recall` lies between 0 and 1.
    """

    total: int
    masked: int
    missed_by_kind: Mapping[str, int]

    @property
    def recall(self) -> float:
        """Share masked in full; 1 where a policy leaves nothing to look for."""
        return self.masked / self.total if self.total else 1.0

    @property
    def holds(self) -> bool:
        """Whether recall reaches the floor."""
        return self.recall >= FLOOR


@cache
def canaries() -> tuple[Canary, ...]:
    """All canaries: country x language x kind x case, the same ones in the same order everywhere."""
    listed = yaml.safe_load(files("havenlake.privacy").joinpath("canaries.yaml").read_text("utf-8"))
    return tuple(canary for country in listed["countries"] for canary in _of_country(listed, country))


def canary_recall(scrubber: TextScrubber) -> CanaryReport:
    """Scrub all canaries and count, in about a second; kinds that the scrubber's policy keeps are left out."""
    kept = _kept(scrubber)
    wanted = [canary for canary in canaries() if canary.kind not in kept]
    missed: Counter[str] = Counter()
    for at in range(0, len(wanted), _BATCH):
        batch = wanted[at : at + _BATCH]
        results = scrubber.scrub([c.text for c in batch], [c.language for c in batch], [c.country for c in batch])
        missed.update(f"{c.country}/{c.kind}" for c, r in zip(batch, results, strict=True) if not _masked(c, r))
    return CanaryReport(len(wanted), len(wanted) - missed.total(), dict(sorted(missed.items())))


def _masked(canary: Canary, result: ScrubbedText) -> bool:
    """Whether nothing of the detail is left; a text that failed became NULL, so nothing of it is."""
    if result.text is None:
        return result.failure is not None
    hidden = {i for span in result.spans for i in range(span.start, span.end)}
    return all(i in hidden for i in range(canary.start, canary.end) if canary.text[i].isalnum())


def _kept(scrubber: TextScrubber) -> frozenset[str]:
    """Kinds that the policy of the scrubber, where it has one, wants readable."""
    policy: Any = getattr(scrubber, "policy", None)
    return frozenset(c.kind for c in canaries() if policy is not None and policy.rule(c.kind).operator == "keep")


def _of_country(listed: dict[str, Any], country: str) -> Iterator[Canary]:
    of_country = dict(listed["countries"][country])
    for language in of_country.pop("languages"):
        sentences = listed["sentences"][language]
        for kind, surfaces in {**listed["everywhere"], **listed["languages"][language], **of_country}.items():
            carriers = sentences.get(kind, sentences["any"])
            for number, surface in enumerate(surfaces):
                yield from _cased(carriers[number % len(carriers)], str(surface), kind, country, language)


def _cased(sentence: str, surface: str, kind: str, country: str, language: str) -> Iterator[Canary]:
    before, after = sentence.split("{}")
    for case in _CASES:
        start, detail = case(before), case(surface)
        yield Canary(start + detail + case(after), len(start), len(start) + len(detail), kind, country, language)
