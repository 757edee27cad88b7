"""The header of a CSV file, read from the first bytes."""

from __future__ import annotations

import codecs
import csv
import io

BOM = codecs.BOM_UTF8
HEADER_BYTES = 1 << 20
"""The longest header."""


def header_of(start: bytes) -> list[str]:
    """Column names in the first record; `start` may end anywhere behind it.

    Raises UnicodeDecodeError for other encodings, ValueError when there is no header.
    """
    text = codecs.getincrementaldecoder("utf-8")("strict").decode(start.removeprefix(BOM))
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), strict=True), None)
    except csv.Error:
        raise ValueError("the first record is no CSV header") from None
    if not names:
        raise ValueError("there is no header")
    return names
