"""The cascade over a batch: fold, recognise, read names, share what a conversation knows, merge, operate."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from havenlake.config.policies import ScrubPolicy
from havenlake.privacy.scrubber import Codes, ScrubbedText
from havenlake.privacy.scrubbing import addresses, dates, identifiers, institutions, internet, people, phones
from havenlake.privacy.scrubbing.candidates import Candidate, Recogniser, Trigger, View
from havenlake.privacy.scrubbing.conversations import Known
from havenlake.privacy.scrubbing.folding import fold
from havenlake.privacy.scrubbing.lexicon import LANGUAGE_BITS, lexicon
from havenlake.privacy.scrubbing.merging import Merger
from havenlake.privacy.scrubbing.model import shipped_tagger
from havenlake.privacy.scrubbing.operators import Scope, apply, operations
from havenlake.privacy.scrubbing.routing import countries_of, languages_of
from havenlake.privacy.scrubbing.tagger import Tagger, recogniser_of
from havenlake.privacy.scrubbing.unknown import unknown_words
from havenlake.privacy.scrubbing.windows import windows

RECOGNISERS: tuple[Recogniser, ...] = (
    *internet.RECOGNISERS,
    *phones.RECOGNISERS,
    *identifiers.RECOGNISERS,
    *addresses.RECOGNISERS,
    *dates.RECOGNISERS,
    *institutions.RECOGNISERS,
    *people.RECOGNISERS,
)


@dataclass
class _Work:
    """One text on its way: what was found in it so far, or the kind of error that stopped it."""

    view: View
    found: list[Candidate]
    failure: str | None = None


class Engine:
    """A policy at work; one per process and policy."""

    def __init__(
        self,
        policy: ScrubPolicy,
        hash_key: bytes | None = None,
        recognisers: Sequence[Recogniser] = RECOGNISERS,
        tagger: Tagger | None = None,
    ) -> None:
        self._policy = policy
        self._lexicon = lexicon()
        recognisers = (*recognisers, recogniser_of(tagger or shipped_tagger(), policy.tier))
        self._by_trigger: dict[Trigger, list[Recogniser]] = defaultdict(list)
        for recogniser in recognisers:
            if any(policy.rule(e).operator != "keep" for e in recogniser.entities):
                self._by_trigger[recogniser.trigger].append(recogniser)
        self._merger = Merger(policy)
        self._denied = Known()
        self._denied.deny(policy.deny)
        self._operations = operations(policy, hash_key)
        self._countries = frozenset(policy.countries)
        self._languages = sum(LANGUAGE_BITS[language] for language in policy.languages)
        self._nothing = View(fold(""), self._countries, self._languages, self._lexicon)

    def scrub(
        self,
        texts: Sequence[str | None],
        languages: Sequence[Codes],
        countries: Sequence[Codes],
        groups: Sequence[Hashable | None],
        known: Sequence[Iterable[str]],
    ) -> list[ScrubbedText]:
        """One result per text; all arguments have one item per text."""
        works = [self._work(*row) for row in zip(texts, languages, countries, strict=True)]
        self._share(works, groups, known)
        scopes: dict[Hashable, Scope] = {}
        return [
            ScrubbedText(None) if work is None else self._finished(work, group, scopes)
            for work, group in zip(works, groups, strict=True)
        ]

    def _work(self, text: str | None, language: Codes, country: Codes) -> _Work | None:
        if text is None:
            return None
        view = self._nothing
        try:
            nations, told = countries_of(country, self._countries), languages_of(language)
            view = View(fold(text), nations, told or self._languages, self._lexicon, guess=not told)
            return _Work(view, list(self._recognised(view)))
        except Exception as error:  # noqa: BLE001  # a recogniser is a plug-in: its text must not get through
            return _Work(view, [], type(error).__name__)

    def _recognised(self, view: View) -> Iterator[Candidate]:
        for part, offset, start, end in windows(view):
            for c in self._in_one(part):
                if c.start + offset < end and c.end + offset > start:
                    yield c._replace(start=c.start + offset, end=c.end + offset)

    def _in_one(self, view: View) -> Iterator[Candidate]:
        for trigger, recognisers in self._by_trigger.items():
            if trigger.pulled(view):
                for recogniser in recognisers:
                    if not view.countries.isdisjoint(recogniser.countries):
                        yield from recogniser.find(view)
        if self._policy.unknown_words != "keep":
            unusual = self._policy.unknown_words == "mask_unusual"
            for start, end in unknown_words(view, unless_misspelt=unusual):
                yield Candidate(start, end, "UNKNOWN_WORD", 0.5, "vocabulary")

    def _share(
        self, works: list[_Work | None], groups: Sequence[Hashable | None], known: Sequence[Iterable[str]]
    ) -> None:
        """Mask what is known in one text of a conversation in all of them; a text without one stands alone."""
        conversations: dict[Hashable, Known] = defaultdict(Known)
        keys = [("alone", i) if group is None else ("group", group) for i, group in enumerate(groups)]
        for work, key, identifiers_, group in zip(works, keys, known, groups, strict=True):
            if identifiers_:
                conversations[key].add(identifiers_, self._lexicon)
            if work is not None and work.failure is None and group is not None:
                conversations[key].learn(work.view, work.found)
        for work, key in zip(works, keys, strict=True):
            shared = conversations.get(key)
            if work is not None and work.failure is None:
                for listed in (shared, self._denied):
                    if listed:
                        work.found.extend(listed.candidates(work.view))

    def _finished(self, work: _Work, group: Hashable | None, scopes: dict[Hashable, Scope]) -> ScrubbedText:
        if work.failure is not None:
            return ScrubbedText(None, failure=work.failure)
        try:
            spans = self._merger.spans(work.view, work.found)
            original = work.view.folded.original
            if not spans:
                return ScrubbedText(original)
            return ScrubbedText(apply(original, spans, self._operations, _scope(work, group, scopes)), spans)
        except Exception as error:  # noqa: BLE001  # fail closed: no text rather than a clear one
            return ScrubbedText(None, failure=type(error).__name__)


def _scope(work: _Work, group: Hashable | None, scopes: dict[Hashable, Scope]) -> Scope:
    """The conversation of a text; a text without one has a scope that depends on nothing but itself."""
    if group is None:
        text = work.view.folded.original.encode("utf-8", "surrogatepass")
        return Scope(f"text {hashlib.sha256(text).hexdigest()}")
    return scopes.setdefault(group, Scope(f"group {group}"))
