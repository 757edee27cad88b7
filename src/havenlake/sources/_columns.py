"""Column names of a source: kept as they are, refused where a table could not tell them apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from havenlake.errors import HavenlakeError
from havenlake.names import FRAMEWORK_COLUMNS

_RESERVED = frozenset((*FRAMEWORK_COLUMNS, "_source_position"))


def check_columns(names: Iterable[str], table: str) -> None:
    """Raise HL-SRC-006 for reserved and empty names, and for names equal but for case or Unicode form."""
    seen: dict[str, str] = {}
    for name in names:
        same = unicodedata.normalize("NFC", name).lower()  # Delta finds columns without regard to case
        if not name.strip():
            raise _refused(table, "a column has no name", "give every column a name")
        if same in _RESERVED:
            raise _refused(table, f"column '{name}' has a name that the framework uses", "rename it in the export")
        if same in seen:
            how = "twice" if seen[same] == name else f"beside '{seen[same]}', equal but for case or Unicode form"
            raise _refused(table, f"column '{name}' appears {how}", "rename one of the two in the export")
        seen[same] = name


def _refused(table: str, message: str, hint: str) -> HavenlakeError:
    return HavenlakeError("HL-SRC-006", message, where=f"table '{table}'", hint=hint)
