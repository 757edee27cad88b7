"""Validates values by a model, and turns what pydantic finds into coded errors with their place in the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from havenlake.config.error_words import choices, problem_words, value_hint
from havenlake.config.model_keys import known_keys
from havenlake.config.nodes import Document, KeyPath, dotted, frozen
from havenlake.config.problems import Problems, nearest, suggestion

M = TypeVar("M", bound=BaseModel)
_KEY = "[key]"  # what pydantic adds to the place of an error about a key of a mapping


def validate(
    model: type[M],
    values: object,
    document: Document,
    path: KeyPath,
    problems: Problems,
    place: Callable[[KeyPath], KeyPath] = lambda path: path,
) -> M | None:
    """The model of `values`, or None with every error recorded; `place` maps a key path to where it is written."""
    try:
        return model.model_validate(frozen(values))
    except ValidationError as error:
        found = error.errors(include_url=False)
        typos = {(*e["loc"][:-1], _meant(model, e, found)) for e in found if e["type"] == "extra_forbidden"}
        recorder = _Recorder(model, document, path, problems, place)
        for detail in found:
            if detail["type"] != "missing" or detail["loc"] not in typos:
                recorder.record(detail)
        return None


def _meant(model: type[BaseModel], detail: ErrorDetails, found: list[ErrorDetails]) -> str | None:
    """The missing key that an unknown key was probably meant to be; the two are one error."""
    here = detail["loc"][:-1]
    missing = [str(e["loc"][-1]) for e in found if e["type"] == "missing" and e["loc"][:-1] == here]
    close = nearest(str(detail["loc"][-1]), known_keys(model, here))
    return close if close in missing else None


@dataclass(frozen=True)
class _Recorder:
    """Records the errors of one validation."""

    model: type[BaseModel]
    document: Document
    path: KeyPath
    problems: Problems
    place: Callable[[KeyPath], KeyPath]

    def record(self, detail: ErrorDetails) -> None:
        """Record one error, unless it follows from something that could not be read."""
        loc = tuple(part for part in detail["loc"] if part != _KEY)
        full = (*self.path, *loc)
        written = self.place(full)
        if any(written[: len(broken)] == broken for broken in self.document.broken):
            return
        kind, expected = detail["type"], detail.get("ctx", {}).get("expected")
        if kind == "missing":
            self._missing(full)
        elif kind == "extra_forbidden":
            self._unknown(full, known_keys(self.model, loc[:-1]))
        elif kind == "literal_error" and _KEY in detail["loc"]:
            self._unknown(full, choices(detail.get("ctx", {})))
        elif kind == "literal_error" and expected == "1":
            message = f"{dotted(full)} must be 1: this release reads no other format"
            where = self.document.value_position(written)
            self.problems.add("HL-CFG-017", message, where, "upgrade Havenlake, or write 1")
        else:
            self._wrong(detail, full, loc)

    def _missing(self, full: KeyPath) -> None:
        message = f"required key '{full[-1]}' is missing in {dotted(full[:-1]) or 'the file'}"
        where = self.document.key_position(self.place(full[:-1]))
        self.problems.add("HL-CFG-005", message, where, f"add '{full[-1]}:'")

    def _unknown(self, full: KeyPath, known: list[str]) -> None:
        message = f"unknown key '{full[-1]}' in {dotted(full[:-1]) or 'the file'}"
        where = self.document.key_position(self.place(full))
        self.problems.add("HL-CFG-003", message, where, suggestion(str(full[-1]), known))

    def _wrong(self, detail: ErrorDetails, full: KeyPath, loc: KeyPath) -> None:
        at = detail.get("ctx", {}).get("at")
        full = full if at is None else (*full, at)
        about_keys = _KEY in detail["loc"] or isinstance(detail["input"], Mapping)
        spot = self.document.key_position if about_keys else self.document.value_position
        words = problem_words(detail)
        message = f"{dotted(full)}: {words}" if full else words
        self.problems.add("HL-CFG-004", message, spot(self.place(full)), value_hint(self.model, detail, loc))
