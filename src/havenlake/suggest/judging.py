"""The verdict on one column: encrypt, scrub, clear, or nothing to say, with the reason in words and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from havenlake.suggest import shapes
from havenlake.suggest.sample import TEXTUAL, Column
from havenlake.suggest.shapes import SMALL_NUMBERS
from havenlake.suggest.words import FREE_TEXT, SAFE, kind_of_name, personal_number, words_of

Treatment = Literal["encrypt", "scrub", "clear", "pass"]
_SOME, _MOST, _LONG_TEXT, _WORDS, _FEW, _MANY_CODES, _REPEATED, _SOME_NUMBERS = 0.1, 0.6, 40, 6, 12, 64, 8, 20
_FREELY_NAMED = frozenset({"tag", "tags"})
"""Codes that people may make up, names among them: only those written as codes are trusted."""
_TOKENS = ("e-mail address", "phone number")


@dataclass(frozen=True)
class Verdict:
    """What is proposed for a column. `pass` means that its type carries no words and nothing speaks against it."""

    treatment: Treatment
    reason: str
    token: bool = False

    @property
    def sensitive(self) -> bool:
        """Whether the column is to be sealed."""
        return self.treatment in ("encrypt", "scrub")


def judge(column: Column, today: date) -> Verdict:
    """Judge a column by its name, its type and its sampled values; when unsure, encrypt."""
    named = column.hint or kind_of_name(column.name, column.carries)
    seen, count = _seen(column, today)
    wordy = _wordy(column)
    if named in (FREE_TEXT, None) and (named or wordy) and count <= _MOST * len(column.values):
        return Verdict("scrub", _told(column, named, wordy or _inside(column)))
    if named or seen:
        counted = _count_words(seen, count, column) if seen else wordy or _inside(column)
        token = column.carries == "text" and (seen or named) in _TOKENS
        return Verdict("encrypt", _told(column, named, counted), token=token)
    if column.carries not in TEXTUAL:
        return Verdict("pass", column.type_name)
    return _unnamed(column)


def _told(column: Column, named: str | None, seen: str | None) -> str:
    says = "type" if column.hint else "name"
    return "; ".join(part for part in (f"the {says} says {named}" if named else None, seen) if part)


def _count_words(kind: str, count: int, column: Column) -> str:
    return f"looks like {_article(kind)} in {count} of {_sampled(column)}"


def _article(kind: str) -> str:
    return kind if kind.startswith(("date", "special")) else f"{'an' if kind[0] in 'aeiouI' else 'a'} {kind}"


def _sampled(column: Column) -> str:
    return f"{len(column.values):,} sampled values"


def _seen(column: Column, today: date) -> tuple[str | None, int]:
    """The kind of personal data that values look like, and how many do."""
    if column.carries in ("date", "text", "whole") and not _is_key(column):
        old = _count(column, lambda text: shapes.born(text, today))
        if old > _MOST * len(column.values):
            return "date or year of birth", old
    if column.carries == "whole":
        long = _count(column, shapes.is_long_number)
        known = _is_key(column) or _is_time(column)
        return ("phone or account number", long) if long > _MOST * len(column.values) and not known else (None, 0)
    if column.carries not in ("text", "list") or _is_key(column):
        return None, 0
    counts = {kind: _count(column, shape) for kind, shape in shapes.PERSONAL.items()}
    kind = max(counts, key=lambda name: counts[name])
    return (kind, counts[kind]) if counts[kind] > _SOME * len(column.values) else (None, 0)


def _count(column: Column, shape: Callable[[str], bool]) -> int:
    return sum(map(shape, column.values))


def _wordy(column: Column) -> str | None:
    """Why a column's values are free text; None when they are not."""
    if column.carries not in ("text", "list") or not column.values:
        return None
    texts = [text for text in column.values if not shapes.is_json(text)]
    long = sum((len(text) >= _LONG_TEXT and " " in text) or len(text.split()) >= _WORDS for text in texts)
    if long <= _SOME * len(column.values):
        return None
    words = f"{long:,} of {_sampled(column)} are sentences"
    inside = _inside(column)
    return f"{words}; {inside}" if inside else words


def _inside(column: Column) -> str | None:
    counts = {kind: _count(column, shape) for kind, shape in shapes.INSIDE.items()}
    found = [f"{kind} in {count}" for kind, count in counts.items() if count]
    return f"holds {', '.join(found)} of {_sampled(column)}" if found else None


def _unnamed(column: Column) -> Verdict:
    """A column that can carry words, and neither name nor values say that it is sensitive."""
    if column.carries in ("json", "binary"):
        return Verdict("encrypt", f"{column.type_name} of unknown content")
    if not column.values:
        return Verdict("encrypt", "no value in the sample, so nothing is known of it")
    objects = _count(column, shapes.is_json)
    if objects > _SOME * len(column.values):
        return Verdict("encrypt", f"JSON of unknown content in {objects} of {_sampled(column)}")
    inside = _inside(column)
    if inside and not _is_key(column) and not _all(column, shapes.HARMLESS["UUIDs"]):
        return Verdict("encrypt", inside)
    return _harmless(column) or Verdict(
        "encrypt", f"nothing shows it to be harmless: {column.distinct:,} different among {_sampled(column)}"
    )


def _harmless(column: Column) -> Verdict | None:
    if _is_key(column):
        return Verdict("clear", f"named as a key, and all {_sampled(column)} are numbers or keys without words")
    for name, shape in shapes.HARMLESS.items():
        if _all(column, shape) and (name != SMALL_NUMBERS or len(column.values) >= _SOME_NUMBERS):
            return Verdict("clear", f"all {_sampled(column)} are {name}")
    if not _are_codes(column):
        return None
    return Verdict("clear", f"{column.distinct} code{'s' * (column.distinct > 1)} among {_sampled(column)}")


def _are_codes(column: Column) -> bool:
    """Few codes, many times each; fewer rows will do where the name promises codes."""
    repeated = len(column.values) >= _REPEATED * column.distinct
    words = set(words_of(column.name))
    if SAFE & words:
        shape = shapes.is_label if repeated and not _FREELY_NAMED & words else shapes.is_code
        return column.distinct <= _MANY_CODES and _all(column, shape)
    return column.distinct <= _FEW and len(column.values) >= 100 and repeated and _all(column, shapes.is_code)


def _is_key(column: Column) -> bool:
    """Whether name and values are those of a key that says nothing about a person."""
    words = words_of(column.name)
    named = bool(words) and bool({words[0], words[-1]} & {"id", "ids", "uuid", "guid", "key"})
    if not named or personal_number(column.name):
        return False
    if kind_of_name("_".join(words[:-1]) or column.name, "text"):  # `user_id` may hold user names
        return _all(column, shapes.is_whole) or _all(column, shapes.HARMLESS["UUIDs"])
    return _all(column, shapes.is_whole) or _all(column, shapes.is_opaque)


def _is_time(column: Column) -> bool:
    return bool(set(words_of(column.name)) & {"at", "ts", "time", "timestamp", "epoch", "millis", "ms", "on"})


def _all(column: Column, shape: Callable[[str], bool]) -> bool:
    return bool(column.values) and all(map(shape, column.values))
