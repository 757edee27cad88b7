"""Free text put together from the pools by index, with what is planted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from havenlake.synthetic.draws import Draws, Ints, Mask
from havenlake.synthetic.planting import Planted, Planter
from havenlake.synthetic.pools import pool
from havenlake.synthetic.relations import LANGUAGES

# Shares in ten thousand; a row's kind is the first whose running total exceeds its draw.
NULL, EMPTY, LONG, SHORT, ONE, TWO = 30, 130, 135, 3_400, 7_900, 9_500
PLANTED_PER_10_000 = 300
SYSTEM, RESPONDER, TEXTER = 0, 1, 2
_SECTIONS = (("system", "system"), ("responder_short", "responder"), ("short", "texter"))


@dataclass
class PhraseTable:
    """All pools of a seed in one Arrow array: phrases first, then the same with a space before them."""

    seed: int
    languages: tuple[str, ...]
    _starts: dict[bool, Ints] = field(init=False)
    _sizes: dict[bool, Ints] = field(init=False)
    phrases: pa.Array = field(init=False)

    def __post_init__(self) -> None:
        texts = [""]
        shape = len(LANGUAGES) * len(_SECTIONS)
        self._starts = {s: np.zeros(shape, np.int64) for s in (True, False)}
        self._sizes = {s: np.ones(shape, np.int64) for s in (True, False)}
        for language in self.languages:
            for role, sections in enumerate(_SECTIONS):
                for short, section in zip((True, False), sections, strict=True):
                    rendered = pool(self.seed, language, section)
                    group = LANGUAGES.index(language) * len(_SECTIONS) + role
                    self._starts[short][group], self._sizes[short][group] = len(texts), len(rendered)
                    texts += rendered
        self._follow = len(texts)
        self.phrases = pa.array(texts + [f" {t}" if t else "" for t in texts], pa.string())

    def pick(self, draws: Draws, ids: Ints, salt: Ints, groups: Ints, *, short: bool, following: bool = False) -> Ints:
        """Index of a phrase per row; groups are `language * 3 + role`."""
        at = self._starts[short][groups] + draws.below(ids, self._sizes[short][groups], salt)
        return at + self._follow if following else at


@dataclass(frozen=True)
class Texts:
    """The free text of one column, for any rows."""

    seed: int
    phrases: PhraseTable
    planter: Planter

    def render(self, ids: Ints, salt: Ints, languages: Ints, roles: Ints) -> tuple[pa.Array, list[Planted]]:
        """One text per row (NULL and '' among them), and what was planted."""
        kind = self._draws("kind").below(ids, 10_000, salt)
        groups = languages * len(_SECTIONS) + roles
        texts = self._joined(ids, salt, groups, kind)
        long = (kind >= EMPTY) & (kind < LONG)
        texts = _replaced(texts, long, lambda: self._long(ids[long], salt[long], groups[long]))
        people = (kind >= LONG) & (roles != SYSTEM) & self._draws("plant").chance(ids, PLANTED_PER_10_000, salt)
        sentences, planted = self.planter.sentences(self.seed, ids[people], salt[people], languages[people])
        tails = texts.filter(pa.array(people)).to_pylist()
        # by the row's id, so that no choice depends on the chunk
        rows = zip(ids[people].tolist(), sentences, tails, strict=True)
        mixed = [sentence if row_id % 3 else f"{sentence} {tail}" for row_id, sentence, tail in rows]
        return _replaced(_nulled(texts, kind < NULL), people, lambda: mixed), planted

    def _draws(self, what: str) -> Draws:
        return Draws.of(self.seed, self.planter.table, self.planter.column, what)

    def _joined(self, ids: Ints, salt: Ints, groups: Ints, kind: Ints) -> pa.Array:
        short = (kind >= LONG) & (kind < SHORT)
        first = self.phrases.pick(self._draws("first"), ids, salt, groups, short=False)
        first = np.where(short, self.phrases.pick(self._draws("short"), ids, salt, groups, short=True), first)
        parts = [np.where(kind < LONG, 0, first)]
        for what, at_least in (("second", ONE), ("third", TWO)):
            more = self.phrases.pick(self._draws(what), ids, salt, groups, short=False, following=True)
            parts.append(np.where(kind >= at_least, more, 0))
        pieces = [pc.take(self.phrases.phrases, pa.array(p)) for p in parts]
        return pc.binary_join_element_wise(*pieces, "")

    def _long(self, ids: Ints, salt: Ints, groups: Ints) -> list[str]:
        """Texts of 2 to 20 kB: somebody writes everything down at once."""
        sizes = 2_000 + self._draws("long").below(ids, 18_000, salt)
        texts = []
        for row, size in enumerate(sizes.tolist()):
            sentences = np.arange(size // 40, dtype=np.int64) + ids[row] * 512
            salts, group = np.full(len(sentences), salt[row]), np.full(len(sentences), groups[row])
            at = self.phrases.pick(self._draws("long text"), sentences, salts, group, short=False)
            texts.append(" ".join(pc.take(self.phrases.phrases, pa.array(at)).to_pylist())[:size])
        return texts


def _replaced(texts: pa.Array, where: Mask, values: Callable[[], list[str]]) -> pa.Array:
    """The texts with others where the mask is true."""
    return pc.replace_with_mask(texts, pa.array(where), pa.array(values(), pa.string())) if where.any() else texts


def _nulled(texts: pa.Array, where: Mask) -> pa.Array:
    """The texts with NULL where the mask is true."""
    return pc.if_else(pa.array(where), pa.scalar(None, pa.string()), texts) if where.any() else texts
