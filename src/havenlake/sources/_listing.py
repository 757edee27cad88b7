"""Listings of files: relative names, fingerprint, format by name, and what can never be a table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Literal, get_args

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo

Format = Literal["parquet", "csv", "jsonl"]

_SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/+")
_PARTITION = re.compile(r"(?:^|/)[^/]+=[^/]*/")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000


def relative(path: str, root: str) -> str:
    """The part of a listed path below its root, whatever scheme either is written with.

    >>> relative("file:/landing/message/1/a.parquet", "/landing/message")
    '1/a.parquet'
    """
    bare = _SCHEME.sub("", root).strip("/")
    return path.partition(f"{bare}/")[2] or PurePosixPath(path).name


def fingerprint(files: Iterable[FileInfo], root: str, of: str = "") -> str:
    """16 hex digits over `of` and over relative path, size and time of change of every file."""
    lines = [of, *sorted(f"{relative(f.path, root)}\0{f.size}\0{f.modified.isoformat()}" for f in files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def changed_files(before: Iterable[FileInfo], after: Iterable[FileInfo]) -> list[str]:
    """Names of files that differ between two listings."""
    return sorted({PurePosixPath(file.path).name for file in set(before) ^ set(after)})


def format_of(name: str) -> Format | None:
    """The format that a file's name tells; text formats may be gzipped.

    >>> format_of("part-0.gz.parquet"), format_of("a.csv.gz"), format_of("a.txt")
    ('parquet', 'csv', None)
    """
    path = PurePosixPath(name.lower())
    if path.suffix != ".gz":
        return _SUFFIXES.get(path.suffix)
    inner = _SUFFIXES.get(PurePosixPath(path.stem).suffix)
    return None if inner == "parquet" else inner


def decide_format(wanted: str, names: Sequence[str], table: str) -> Format:
    """The one format of a table's files; raises HL-SRC-005 when they disagree or tell nothing."""
    told = {name: format_of(name) for name in names}
    if wanted == "auto":
        unknown = [name for name, found in told.items() if found is None]
        if unknown:
            raise _untold(table, f"the name of '{unknown[0]}' tells no format", "set 'format' in the job's job_input")
        wanted = str(told[names[0]])
    other = [name for name, found in told.items() if found not in (None, wanted)]
    if other:
        beside = f"'{names[0]}' is {wanted}" if told[names[0]] == wanted else f"the job reads {wanted}"
        raise _untold(table, f"'{other[0]}' is {told[other[0]]}, but {beside}", "keep one format in a folder")
    return next(known for known in get_args(Format) if known == wanted)


def check_files(files: Sequence[FileInfo], root: str, table: str) -> None:
    """Refuse what no reader can read rightly: empty files, odd names, values hidden in folder names."""
    for file in files:
        name = relative(file.path, root)
        if _PARTITION.search(name):
            raise _untold(
                table, f"the folders of '{name}' hold column values", "export the column inside the files instead"
            )
        if file.size == 0 or ":" in name:
            why = "it is empty (0 bytes)" if file.size == 0 else "Spark cannot read a name that holds ':'"
            raise unreadable(name, why, table)


def unreadable(name: str, why: str, table: str, hint: str = "write the file again, then run again") -> HavenlakeError:
    """HL-SRC-002 for one file; `why` never quotes its content."""
    return HavenlakeError("HL-SRC-002", f"source file '{name}' cannot be read: {why}", where=_where(table), hint=hint)


def missing(what: str, name: str, found: Iterable[str], table: str) -> HavenlakeError:
    """HL-SRC-001 with the nearest names that are there."""
    names = sorted(found)
    near = get_close_matches(name, names, n=3, cutoff=0.5) or names[:5]
    hint = f"found there: {', '.join(near)}" if near else "nothing was found there"
    return HavenlakeError("HL-SRC-001", what, where=_where(table), hint=hint)


def human_size(size: int) -> str:
    """A size for people.

    >>> human_size(12_400_000), human_size(5)
    ('12.4 MB', '5 bytes')
    """
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{size} bytes"


def _untold(table: str, message: str, hint: str) -> HavenlakeError:
    return HavenlakeError("HL-SRC-005", message, where=_where(table), hint=hint)


def _where(table: str) -> str:
    return f"table '{table}'"
