"""The tagger: what it finds that no list holds, that it is the released model, and that training makes one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from havenlake.errors import HavenlakeError
from havenlake.privacy import Scrubber
from havenlake.privacy.scrubbing import model, training
from havenlake.privacy.scrubbing.lexicon import data

SCRUBBER = Scrubber.load()


@pytest.fixture
def damaged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model file in which one byte is another."""
    content = bytearray(data(model.FILE))
    content[-7] ^= 1
    model.shipped_tagger.cache_clear()
    monkeypatch.setattr(model, "data", lambda name: bytes(content) if name == model.FILE else data(name))
    yield
    model.shipped_tagger.cache_clear()


@pytest.mark.parametrize(
    "text", ["miss u zorblatt", "i think zorblatt hates me", "zorblatt told me to text this number"]
)
def test_names_that_no_list_holds_are_found_in_any_case(text: str) -> None:
    for given in (text, text.upper(), text.title()):
        found = SCRUBBER.scrub([given], languages=["en"])[0]
        assert "zorblatt" not in str(found.text).lower()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "i cant focus on my homework and my head hurts"),
        ("en", "mark my words it will be fine"),
        ("es", "tengo miedo y quiero paz"),
        ("fr", "la rose est belle et la pierre est froide"),
        ("de", "mein ernst der see und der berg"),
    ],
)
def test_ordinary_text_stays(language: str, text: str) -> None:
    assert SCRUBBER.scrub([text], languages=[language])[0].text == text


def test_the_strict_tier_masks_what_may_be_a_name_and_calls_it_unknown() -> None:
    strict = Scrubber.load("strict")
    texts = ["the frobnicator is mean", "miss u zorblatt"]
    assert [r.text for r in strict.scrub(texts, languages=["en"] * 2)] == [
        "the <UNKNOWN_WORD> is mean",
        "miss u <PERSON>",
    ]


def test_a_damaged_model_scrubs_nothing(damaged: None) -> None:
    with pytest.raises(HavenlakeError, match="HL-SCR-002"):
        Scrubber.load()


@pytest.mark.parametrize("lock", [None, {}, {"models": []}, {"models": [{"file": "names.model", "sha256": "0"}]}])
def test_a_model_that_no_lock_names_is_refused(lock: object) -> None:
    with pytest.raises(HavenlakeError, match="HL-SCR-002"):
        model.tagger_of(data(model.FILE), lock)


def test_the_model_is_small_and_its_card_tells_its_hash() -> None:
    content = data(model.FILE)
    assert len(content) < 10_000_000
    sha256 = hashlib.sha256(content).hexdigest()
    assert yaml.safe_load(data("models.lock"))["models"][0]["sha256"] == sha256
    assert sha256 in data("names.model.md").decode()


def test_training_is_reproducible_and_learns(tmp_path: Path) -> None:
    file = tmp_path / "own.conll"
    file.write_text("i\tO\nsaw\tO\nquibbleworth\tB-person\nagain\tO\n" * 3, "utf-8")
    trained = training.train([file], [("i saw the movie again", "en")], rounds=1)
    again = training.train([file], [("i saw the movie again", "en")], rounds=1)
    assert trained == again
    assert trained.names > 100
    tagger = model.tagger_of(trained.content, {"models": [{"file": model.FILE, "sha256": trained.sha256}]})
    assert tagger.alone("quibbleworth", 1) > tagger.alone("movie", 1)
