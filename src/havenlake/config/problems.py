"""Collects configuration errors, so that all of them are reported at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from havenlake.config.nodes import KeyPath
from havenlake.errors import ConfigErrors, HavenlakeError, Position


class Fault(NamedTuple):
    """Something wrong inside one part of a file; `path` is relative to it."""

    code: str
    message: str
    path: KeyPath
    hint: str | None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if any comes close.

    >>> nearest("identiy", ["identity", "encrypted"])
    'identity'
    """
    words = {w.lower(): w for w in known}
    found = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return words[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest known word, or all of them when none comes close."""
    words = sorted(known)
    close = nearest(word, words)
    if close:
        return f"did you mean '{close}'?"
    return f"known here: {', '.join(words)}" if words else None


class Problems:
    """The errors found so far; the same error met twice (through an anchor used twice) counts once."""

    def __init__(self) -> None:
        self._errors: dict[tuple[str, str], HavenlakeError] = {}

    def __len__(self) -> int:
        return len(self._errors)

    def add(self, code: str, message: str, where: Position, hint: str | None = None) -> None:
        """Record an error."""
        self.take(HavenlakeError(code, message, where=where, hint=hint))

    def take(self, *errors: HavenlakeError) -> None:
        """Record errors that exist already."""
        for error in errors:
            self._errors.setdefault((error.code, str(error.where)), error)

    def raise_if_any(self) -> None:
        """Raise `ConfigErrors`, sorted by file and line, when anything was recorded."""
        if self._errors:
            raise ConfigErrors(tuple(sorted(self._errors.values(), key=_order)))


def _order(error: HavenlakeError) -> tuple[str, int, int, str]:
    where = error.where
    place = (where.file, where.line, where.column) if isinstance(where, Position) else (str(where), 0, 0)
    return (*place, error.code)
