"""One-byte marks of value types, shared by the cipher's header and the row hash.

Types that widen into each other without changing the value share a mark (all integers; float and double), so that
a widened column keeps its hashes and its ciphertext stays readable.
"""

from __future__ import annotations

from enum import StrEnum


class Tag(StrEnum):
    """Mark of a value's type, and in the comment the bytes that the cipher sees."""

    TEXT = "s"  # the bytes of the text, valid UTF-8 or not
    BINARY = "x"  # the bytes
    INTEGER = "i"  # decimal text
    DECIMAL = "m"  # decimal text
    BOOLEAN = "b"  # true, false
    DATE = "d"  # 2026-01-31
    TIMESTAMP = "t"  # microseconds since 1970-01-01 UTC, decimal text
    LOCAL_TIMESTAMP = "n"  # 2026-01-31 12:00:00.123456, no time zone
    DOUBLE = "f"  # shortest text that reads back exactly; NaN, Infinity
    JSON = "j"  # arrays, structs and maps
    OTHER = "v"  # any other type by its text; hashed only, never encrypted

    @property
    def byte(self) -> bytes:
        """The mark as one byte."""
        return self.value.encode()
