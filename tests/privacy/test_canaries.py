"""Canaries: what they cover, that all are found, and that a scrubber that has gone blind is noticed."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from havenlake.config.policies import ENTITIES, ScrubPolicy
from havenlake.privacy import ScrubbedText, Scrubber
from havenlake.privacy.canaries import CanaryReport, canaries, canary_recall
from havenlake.privacy.scrubbing.candidates import COUNTRIES, LANGUAGES


class Blind:
    """Scrubs as the default policy does, and lets texts with a digit pass."""

    fingerprint = "blind"

    def __init__(self) -> None:
        self._inner = Scrubber.load()

    def scrub(self, texts, languages=None, countries=None, *_args):
        results = self._inner.scrub(texts, languages, countries)
        digits = [any(c.isdigit() for c in text) for text in texts]
        return [ScrubbedText(t) if d else r for t, d, r in zip(texts, digits, results, strict=True)]


def test_every_country_language_and_kind_has_canaries() -> None:
    assert {c.country for c in canaries()} == set(COUNTRIES)
    assert {c.language for c in canaries()} == set(LANGUAGES)
    found_by_other_means = {"LOCATION", "WORKPLACE", "ID_NUMBER", "UNKNOWN_WORD"}
    assert {c.kind for c in canaries()} == set(ENTITIES) - found_by_other_means
    assert len(set(canaries())) > 1_000


@pytest.mark.parametrize("name", ["default", "strict"])
def test_the_shipped_policies_find_the_canaries_of_every_country(name: str) -> None:
    report = canary_recall(Scrubber.load(name))
    by_country = {country: sum(c.country == country for c in canaries()) for country in COUNTRIES}
    for country, count in by_country.items():
        missed = sum(n for key, n in report.missed_by_kind.items() if key.startswith(f"{country}/"))
        assert 1 - missed / count >= 0.995, report.missed_by_kind
    assert report.total == sum(by_country.values())
    assert report.holds


def test_a_scrubber_that_has_gone_blind_is_noticed_and_nothing_is_quoted() -> None:
    report = canary_recall(Blind())
    assert not report.holds
    assert report.masked == report.total - sum(report.missed_by_kind.values())
    assert report.missed_by_kind["us/PHONE_NUMBER"] > 10
    assert "us/PERSON" not in report.missed_by_kind
    assert not any(c.text[c.start : c.end] in str(asdict(report)) for c in canaries())


def test_kinds_that_a_policy_keeps_are_not_asked_for() -> None:
    policy = ScrubPolicy.model_validate({"format": 1, "entities": {"DATE": "keep"}})
    report = canary_recall(Scrubber.load(policy))
    assert report.total == sum(c.kind != "DATE" for c in canaries())
    assert report.holds


def test_a_text_that_became_null_leaks_nothing() -> None:
    class Failing(Blind):
        def scrub(self, texts, *_args, **_kwargs):
            return [ScrubbedText(None, failure="ValueError") for _ in texts]

    assert canary_recall(Failing()).recall == 1.0
    assert CanaryReport(0, 0, {}).recall == 1.0
