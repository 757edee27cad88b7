"""The form in which texts are matched: lower case, no accents, plain digits; with the way back to the original."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

_LOOKALIKES = dict(
    zip(
        "аеорсухіјѕһԁɡαορικνυτ",
        "aeopcyxijshdgaopiknut",
        strict=True,
    )
)
_PLAIN = {**dict.fromkeys("‐‑‒–—―−﹣－", "-"), **dict.fromkeys("’‘ʼ`´′ʹ", "'"), **_LOOKALIKES}


class Folded(NamedTuple):
    """A text as it is matched. `starts` has the original offset of each character, None where they are the same."""

    original: str
    text: str
    starts: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of a stretch of the folded text; marks that belong to its last letter included."""
        if self.starts is None:
            return start, end
        after = self.starts[end] if end < len(self.starts) else len(self.original)
        return self.starts[start], max(after, self.starts[end - 1] + 1)

    def upper(self, at: int) -> bool:
        """Whether the letter here is a capital in the original."""
        return self.original[at if self.starts is None else self.starts[at]].isupper()


class _NotOneToOne(Exception):  # noqa: N818  # a signal, not an error
    """A character folds to none or to several."""


class _Table(dict[int, str]):
    """Folds characters one to one, learning as it goes; its size is bounded by Unicode's."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if len(folded) != 1:
            raise _NotOneToOne
        self[code] = folded
        return folded


def _folded(char: str) -> str:
    """One character folded: empty for marks and invisible characters, several letters for ligatures."""
    if char.isspace():
        return " "
    plain = "".join(c for c in unicodedata.normalize("NFKD", char.casefold()) if _counts(c))
    return "".join(_PLAIN.get(c) or _digit(c) for c in plain)


def _counts(char: str) -> bool:
    return unicodedata.category(char) not in ("Mn", "Me", "Cf")


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


_TABLE = _Table()


def fold(text: str) -> Folded:
    """Fold a text, in one pass where each character stays one character.

    >>> fold("Ｊéss").text
    'jess'
    """
    if text.isascii():
        return Folded(text, text.lower(), None)
    try:
        return Folded(text, text.translate(_TABLE), None)
    except _NotOneToOne:
        pieces = [(_folded(char), at) for at, char in enumerate(text)]
    starts = [at for piece, at in pieces for _ in piece]
    return Folded(text, "".join(piece for piece, _ in pieces), starts)
