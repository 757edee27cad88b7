"""Names of people and of places: after a cue, from the lists, and capitalised words that no language knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from havenlake.privacy.scrubbing.candidates import Candidate, Recogniser, Trigger, View
from havenlake.privacy.scrubbing.cues import ANNOUNCING, CUES, Cue, cue_before
from havenlake.privacy.scrubbing.lexicon import CUED, FIRST, LAST, NEVER_ALONE, PLACE, telling_words
from havenlake.privacy.scrubbing.spelling import misspelt

_PARTICLES = frozenset("de la del van von der da di du le los mac mc o st bin ibn al el dos das den ter".split())
_PLACE_CUES = frozenset(
    "from in near at to around outside leaving visiting live living moved lives vivo vive en de desde a cerca aus in nach bei habite vis vit wohne wohnt lebe".split()
)
_VERBS = frozenset(("will", "may", "hope", "chase", "drew", "art", "sol", "mar", "said", "can", "day", "call", "see"))
_STRICT_TITLES = frozenset(("mr", "mrs", "ms", "mme", "mlle", "herr", "frau"))
_ELIDED = frozenset(("j", "c", "n", "s", "m", "t", "qu"))
_MOST = 3
_SIGNS = frozenset("\"'*_~(<[-: ")


class _Reader:
    """Reads one text's words from left to right and says which of them are names."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.words = view.words
        self.lexicon = view.lexicon

    def candidates(self) -> Iterator[Candidate]:
        """Names and places; a word belongs to one at most."""
        at, words, hot, upper = 0, self.words, telling_words(self.view.languages), self.view.folded.upper
        small = self.view.folded.original.islower()
        while at < len(words):
            word, start, _ = words[at]
            told = at > 0 and words[at - 1][0] in ANNOUNCING
            if not told and word not in hot and word[-2:] != "'s" and (small or not upper(start)):
                at += 1
                continue
            found = self._place(at) or self._name(at)
            if found is None:
                at += 1
                continue
            last, entity, score, how = found
            start, end = self.words[at][1], self.words[last][2]
            yield Candidate(start, end, entity, score, how)
            at = last + 1

    def _name(self, at: int) -> tuple[int, str, float, str] | None:
        word = self.words[at][0]
        word = word.removesuffix("'s")
        kinds, ordinary = self.lexicon.kinds(word, self.view.languages)
        flags = self.lexicon.words.get(word, 0)
        cue = self._cue(at)
        if cue is not None and self._accepted(cue, at, word, kinds, ordinary=ordinary):
            return self._extended(at), "PERSON", 0.95 if cue is Cue.STRONG else 0.8, f"name-cue-{cue.name.lower()}"
        if flags & NEVER_ALONE:
            return None
        if kinds & FIRST and not ordinary and len(word) > 2:
            return self._extended(at), "PERSON", 0.75, "name-list"
        if kinds & FIRST and (kinds & CUED or not self.view.common(word)) and self._followed_by_surname(at):
            return self._extended(at), "PERSON", 0.7, "name-pair"
        if kinds & LAST and not ordinary and len(word) > 3 and not self.view.common(word):
            return self._extended(at), "PERSON", 0.6, "surname-list"
        return self._capitalised(at, word, kinds)

    def _accepted(self, cue: Cue, at: int, word: str, kinds: int, *, ordinary: bool) -> bool:
        """Whether the word after a cue is a name."""
        never = bool(self.lexicon.words.get(word, 0) & NEVER_ALONE)
        raised = self._raised(at)
        if kinds & FIRST and not ordinary and not never:
            return len(word) > 2 or raised
        if word in CUES and not kinds & CUED:
            return False
        if cue is Cue.STRONG:
            named = bool(kinds & CUED) or (bool(kinds & FIRST) and not never) or (bool(kinds & LAST) and raised)
            return named or not (self.view.common(word) or never)
        return not never and len(word) > 1 and self._after_weaker(cue, at, word, kinds, raised=raised)

    def _after_weaker(self, cue: Cue, at: int, word: str, kinds: int, *, raised: bool) -> bool:
        """The same after cues that promise less; `word` is no first name that is nothing else."""
        common, known = self.view.common(word), bool(kinds & (FIRST | LAST))
        if cue is Cue.GREETING:
            return bool(kinds & CUED) and raised
        if kinds & CUED:
            return raised or (self._says_who(at) if cue is Cue.WEAK else word not in _VERBS)
        if cue is Cue.WEAK:
            return raised and not common and (self._says_who(at) or known)
        if cue is Cue.TITLE and kinds & LAST and (self.words[at - 1][0] in _STRICT_TITLES or not common):
            return raised or word not in _VERBS
        if common:
            return known and raised
        return len(word) > 2 and (raised or cue is Cue.TITLE or not misspelt(word, self.view.languages))

    def _says_who(self, at: int) -> bool:
        """Whether the cue is "im", "this is", "call me" rather than "and" or "from"."""
        return self.words[at - 1][0] in ("im", "i'm", "am", "is", "me", "soy", "suis", "bin", "c'est", "cest", "ist")

    def _cue(self, at: int) -> Cue | None:
        """The cue just before a word, with nothing but quotes, a colon or a dash between."""
        if at == 0 or self.words[at - 1][0] not in CUES:
            return None
        gap = self.view.text[self.words[at - 1][2] : self.words[at][1]]
        if len(gap) > 5 or not (_SIGNS.issuperset(gap) or gap.strip(" .") == ""):
            return None
        if "." in gap and self.words[at - 1][0] not in ("mr", "mrs", "ms", "dr", "prof", "sr", "sra"):
            return None
        return cue_before(word for word, _, _ in self.words[max(0, at - 4) : at])

    def _raised(self, at: int) -> bool:
        """Whether a word has a capital that its place in the sentence does not explain."""
        start = self.words[at][1]
        if not self.view.folded.upper(start) or self.view.shouted:
            return False
        if start + 1 < self.words[at][2] and self.view.folded.upper(start + 1):
            return False
        before = self.view.text[:start].rstrip("\"'*_~([<- ")
        return bool(before) and before[-1] not in ".!?:\n;…" if at else False

    def _capitalised(self, at: int, word: str, kinds: int) -> tuple[int, str, float, str] | None:
        """A name that is also a word, or an unknown word, written with a capital in mid-sentence."""
        if not self._raised(at) or len(word) < 3:
            return None
        if kinds & CUED or (kinds & FIRST and not self.view.common(word)):
            return self._extended(at), "PERSON", 0.6, "name-capital"
        german = self.view.languages & 8 and not self.view.languages & 7
        if word.partition("'")[0] in _ELIDED and "'" in word:
            return None
        if self.view.common(word) or german or self._inner_capitals(at) or misspelt(word, self.view.languages):
            return None
        return self._extended(at), "PERSON", 0.5, "unknown-capital"

    def _inner_capitals(self, at: int) -> bool:
        """Abbreviations and product names ("CBT", "iPhone") are no names of people."""
        _, start, end = self.words[at]
        return any(self.view.folded.upper(i) for i in range(start + 1, end))

    def _followed_by_surname(self, at: int) -> bool:
        if at + 1 >= len(self.words) or not self._adjacent(at):
            return False
        word = self.words[at + 1][0]
        kinds, ordinary = self.lexicon.kinds(word, self.view.languages)
        if len(word) < 4 or self.view.common(word) or self.lexicon.words.get(word, 0) & NEVER_ALONE:
            return False
        return bool(kinds & LAST and not ordinary) or not misspelt(word, self.view.languages)

    def _extended(self, at: int) -> int:
        """The last word of a name that begins here: surnames, particles and unknown words belong to it."""
        last, step = at, at
        while step + 1 < len(self.words) and step - at < _MOST and self._adjacent(step):
            step += 1
            word = self.words[step][0]
            if word in _PARTICLES and step + 1 < len(self.words):
                continue
            if not self._belongs(step, word):
                break
            last = step
        return last

    def _belongs(self, at: int, word: str) -> bool:
        """Whether a word continues the name before it."""
        base = word.removesuffix("'s")
        if self.lexicon.words.get(base, 0) & NEVER_ALONE or base in CUES:
            return False
        head, elided, tail = base.partition("'")
        if elided and (head not in ("o", "d", "l") or self.view.common(tail) or len(tail) < 3):
            return False
        kinds, ordinary = self.lexicon.kinds(base, self.view.languages)
        if len(base) == 1:
            return self.view.folded.upper(self.words[at][1]) and base != "i"
        if self._raised(at):
            return True
        return (
            not self.view.common(base)
            and len(base) > 2
            and not (kinds & PLACE and not kinds & LAST)
            and not (ordinary and not kinds)
        )

    def _adjacent(self, at: int) -> bool:
        """Whether only a space or a hyphen stands between a word and the next."""
        return self.view.text[self.words[at][2] : self.words[at + 1][1]] in (" ", "-", ". ", "'")

    def _place(self, at: int) -> tuple[int, str, float, str] | None:
        word = self.words[at][0]
        for rest in self.lexicon.long_places.get(word, ()):
            if self._follows(at, rest) and (
                len(rest) > 1 or not self._all_common(word, rest) or self._after_place_cue(at)
            ):
                return at + len(rest), "LOCATION", 0.75, "place-list"
        kinds, ordinary = self.lexicon.kinds(word, self.view.languages)
        if not kinds & PLACE or len(word) < 3 or self.lexicon.words.get(word, 0) & NEVER_ALONE:
            return None
        cued = self._after_place_cue(at)
        if ordinary or self.view.common(word):
            raised = cued and self._raised(at)
            return (at, "LOCATION", 0.6, "place-cue") if raised else None
        if kinds & FIRST and not cued:
            return None
        return at, "LOCATION", 0.7, "place-list"

    def _after_place_cue(self, at: int) -> bool:
        return at > 0 and self.words[at - 1][0] in _PLACE_CUES

    def _all_common(self, word: str, rest: tuple[str, ...]) -> bool:
        return all(self.view.common(w) for w in (word, *rest))

    def _follows(self, at: int, rest: tuple[str, ...]) -> bool:
        return len(self.words) > at + len(rest) and all(
            self.words[at + i + 1][0] == word and self._adjacent(at + i) for i, word in enumerate(rest)
        )


def _people(view: View) -> Iterator[Candidate]:
    """Names are read only where a word tells of one, announces one, or has a capital in mid-sentence."""
    words, hot = view.vocabulary, telling_words(view.languages)
    if "'s" in view.text:
        words = words | {w.removesuffix("'s") for w in words}
    told = not (words.isdisjoint(hot) and words.isdisjoint(ANNOUNCING))
    if told or _CAPITAL.search(view.folded.original):
        yield from _Reader(view).candidates()


_CAPITAL = re.compile(r"[^.!?\s][\s(\[<\"'*_~-]{1,6}(?!I\b)[^\W\d_a-z]")
"""A capital, or a letter that is none of ASCII's, after something that is no end of a sentence."""
RECOGNISERS = (Recogniser("people", ("PERSON", "LOCATION"), Trigger(marks=("",)), _people),)
