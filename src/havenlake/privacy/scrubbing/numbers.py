"""Stretches of digits, however they are written: with spaces, dots, dashes, letters for digits, or spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from havenlake.privacy.scrubbing.candidates import View

SPELLED = {
    **dict.fromkeys(("zero", "oh", "cero", "null", "nought"), "0"),
    **dict.fromkeys(("one", "uno", "una", "un", "une", "ein", "eins"), "1"),
    **dict.fromkeys(("two", "dos", "deux", "zwei", "zwo"), "2"),
    **dict.fromkeys(("three", "tres", "trois", "drei"), "3"),
    **dict.fromkeys(("four", "cuatro", "quatre", "vier"), "4"),
    **dict.fromkeys(("five", "cinco", "cinq", "funf", "fuenf"), "5"),
    **dict.fromkeys(("six", "seis", "sechs"), "6"),
    **dict.fromkeys(("seven", "siete", "sept", "sieben"), "7"),
    **dict.fromkeys(("eight", "ocho", "huit", "acht"), "8"),
    **dict.fromkeys(("nine", "nueve", "neuf", "neun"), "9"),
}
_TIMES = {"double": 2, "doble": 2, "triple": 3, "treble": 3}
_UNIT = "|".join(sorted((*SPELLED, *_TIMES), key=len, reverse=True))
_SPELLED_RUN = re.compile(rf"(?<![^\W_])(?:(?:{_UNIT}|\d{{1,4}})(?![^\W\d_])[\s,.\-]{{0,3}}){{5,20}}")
_PART = re.compile(rf"{_UNIT}|\d")
_RUN = re.compile(
    r"(?<!\w)(?<!\d[.,])(?:\+\s?)?\(?\d(?:[\s().\-/_*~]{0,3}[\doil](?![a-hj-km-np-z'])){4,24}(?![\d])(?:\s?(?:x|ext\.?|extension|poste|durchwahl)\s?\d{1,6}(?!\d))?"
)
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|extension|poste|durchwahl)\s?\d{1,6}$")
_LETTERS = str.maketrans("oil", "011")


class Run(NamedTuple):
    """A stretch of digits: offsets in the folded text, its digits, and how it is written."""

    start: int
    end: int
    digits: str
    written: str

    @property
    def groups(self) -> tuple[int, ...]:
        """Lengths of the groups of digits, as written."""
        return tuple(len(group) for group in re.findall(r"\d+", self.written))


def runs(view: View) -> Iterator[Run]:
    """Stretches of at least five digits."""
    for match in _RUN.finditer(view.text) if view.has_digit else ():
        start, end = match.span()
        start += view.text[start] == "(" and ")" not in match.group()
        while view.text[end - 1] in "oil" and not view.text[end - 2].isdigit():
            end -= 1
        whole = view.text[start:end].rstrip(" (-./_*~")
        written = _EXTENSION.sub("", whole).translate(_LETTERS)
        digits = "".join(c for c in written if c.isdigit())
        if sum(c.isdigit() for c in view.text[start:end]) >= max(5, 0.6 * len(digits)):
            yield Run(start, start + len(whole), digits, written)


def spelled(view: View) -> Iterator[Run]:
    """Stretches of at least seven digits of which three or more are spelled out."""
    if SPELLED.keys().isdisjoint(view.vocabulary):
        return
    for match in _SPELLED_RUN.finditer(view.text):
        digits, times, words = [], 1, 0
        for part in _PART.findall(match.group()):
            if part in _TIMES:
                times = _TIMES[part]
                continue
            digits.append(SPELLED.get(part, part) * times)
            words, times = words + (not part.isdigit()), 1
        if len("".join(digits)) >= 7 and words >= 3:
            end = match.start() + len(match.group().rstrip(" ,.-"))
            yield Run(match.start(), end, "".join(digits), "spelled")
