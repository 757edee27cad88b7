"""Failures of the engine as coded errors: what broke and where, never a word that could come from a row.

Engine messages quote rows ("malformed record: …"), so nothing of them is passed on but the error condition, class
names and the name of a source file. What workers want to say travels in a line of fixed form (`worker_error`).
"""

from __future__ import annotations

import json
import re
import traceback
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from havenlake.errors import CODES, HavenlakeError
from havenlake.runtime.conditions import CONFLICTS

if TYPE_CHECKING:
    from havenlake.sources.contract import FileTable

PROBLEMS = {
    "encoding": "it is not valid UTF-8 text",
    "quotes": "its quotes do not follow RFC 4180, or it ends inside a quoted value",
    "fields": "a record has more or fewer values than the header",
    "header": "its header changed since it was listed",
    "size": "a record is longer than 64 MiB",
    "json": "a line is not one complete JSON object",
    "duplicate": "a key is written twice in one record",
    "surrogate": "a text holds half of a surrogate pair, which UTF-8 cannot carry",
    "gzip": "its compression is damaged or ends early",
    "content": "its content is damaged or of another kind than its name says",
}

_JAVA_CLASS = r"(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)"
_CONDITION = r"\[([A-Z][A-Z0-9]*_[A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]"
_CONDITIONS = (re.compile(rf"{_JAVA_CLASS}: {_CONDITION}"), re.compile(rf"\A\s*(?:\([\w.$]+\)\s*)?{_CONDITION}"))
_CAUSE = re.compile(rf"^(?:: |Caused by: |\()({_JAVA_CLASS})", re.MULTILINE)
_FILE = re.compile(
    r"while reading file (?P<path>[^\n]+?)\.\s+(?:SQLSTATE|Could not|Data type|File does|Possible|It is|The file)"
)
_WORKER_CODE = re.compile(r"^havenlake\.errors\.\w+: (?:[^\n]*?: )?(HL-[A-Z]{3}-\d{3}) ", re.MULTILINE)
_WORKER_PROBLEM = re.compile(r"^havenlake\.errors\.\w+: HL-SRC-002 source file problem (\{[^\n]*\})$", re.MULTILINE)

_ENGINE_LOG = "run it on synthetic data with HAVENLAKE_ENGINE_LOG=error to read the engine's own words"
_OTHER_WRITER = "find out what else writes the table (`DESCRIBE HISTORY`), then run again"
_READ_FAILURES = {
    "FAILED_READ_FILE.FILE_NOT_EXIST": ("HL-SRC-004", "was removed while it was read"),
    "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH": ("HL-SRC-007", "holds a column of another type"),
    "FAILED_READ_FILE": ("HL-SRC-002", "is damaged, cut short or not what its name says"),
    "MALFORMED_RECORD": ("HL-SRC-002", "holds a malformed record"),
    "PATH_NOT_FOUND": ("HL-SRC-004", "was removed after it was listed"),
    "CANNOT_MERGE_SCHEMAS": ("HL-SRC-007", "disagrees with others about the type of a column"),
    "PARQUET_TYPE": ("HL-SRC-007", "holds a parquet type that Spark does not know"),
    "UNSUPPORTED_TIME_TYPE": ("HL-SRC-007", "holds a time of day, which Spark does not carry"),
    "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION": ("HL-SRC-007", "holds a decimal of more than 38 digits"),
    "COLUMN_ALREADY_EXISTS": ("HL-SRC-006", "holds two columns that are equal but for case"),
}


def worker_error(file: str, problem: str, record: int | None = None) -> HavenlakeError:
    """The error a Python worker raises about a source file, in the form that `translate` reads back."""
    told = json.dumps({"file": file, "problem": problem, "record": record})
    return HavenlakeError("HL-SRC-002", f"source file problem {told}")


def translate(exc: BaseException, table: str, source: FileTable | None = None) -> HavenlakeError:
    """A failure while a source table was read, as a coded error that names the file.

    Failures that do not come from reading the source (a file that is not one of `source`) are told by `coded`.
    """
    if isinstance(exc, HavenlakeError):
        return _from_worker(str(exc), table, prefix="havenlake.errors.HavenlakeError: ") or exc
    from_worker = _from_worker(str(exc), table)
    if from_worker is not None:
        return from_worker
    known = _read_failure(condition_of(exc))
    file = _file_of(exc)
    if known is None or not _belongs(file, source):
        return coded(exc)
    subject = f"source file '{file}'" if file else "a source file"
    return HavenlakeError(known[0], f"{subject} {known[1]}", where=f"table '{table}'", hint="write the export again")


def coded(exc: BaseException) -> HavenlakeError:
    """Any failure as a coded error: a code that a worker raised, else HL-RUN-900 with condition and classes only."""
    if isinstance(exc, HavenlakeError):
        return exc
    text = str(exc)
    told = _from_worker(text, "")
    if told is not None:
        return told
    code = _WORKER_CODE.search(text)
    if code and code[1] in CODES:
        return HavenlakeError(code[1], CODES[code[1]])
    condition = condition_of(exc)
    if condition and condition.startswith(CONFLICTS):
        return HavenlakeError("HL-TBL-009", f"another commit came first, {condition}", hint=_OTHER_WRITER)
    parts = [type(exc).__name__, f"[{condition}]" if condition else "", *_causes(text), _origin(exc)]
    message = ", ".join(part for part in parts if part)
    return HavenlakeError("HL-RUN-900", message, hint=_ENGINE_LOG)


def condition_of(exc: BaseException) -> str | None:
    """The Spark error condition, `FAILED_READ_FILE.NO_HINT` for example, under classic Spark and Connect."""
    getter = getattr(exc, "getCondition", None)
    found = getter() if callable(getter) else None
    if isinstance(found, str) and re.fullmatch(r"[A-Z0-9_.]+", found) and not found.startswith("_LEGACY"):
        return found
    matches = (pattern.search(str(exc)) for pattern in _CONDITIONS)
    return next((m[1] for m in matches if m), None)


def _from_worker(text: str, table: str, prefix: str = "") -> HavenlakeError | None:
    match = _WORKER_PROBLEM.search(prefix + text)
    if not match:
        return None
    told = json.loads(match[1])
    why = PROBLEMS.get(told["problem"], PROBLEMS["content"])
    record = f" (record {int(told['record'])})" if told["record"] else ""
    return HavenlakeError(
        "HL-SRC-002",
        f"source file '{told['file']}' cannot be read: {why}{record}",
        where=f"table '{table}'" if table else None,
        hint="write the file again, then run again",
    )


def _read_failure(condition: str | None) -> tuple[str, str] | None:
    return next((told for start, told in _READ_FAILURES.items() if (condition or "").startswith(start)), None)


def _belongs(file: str | None, source: FileTable | None) -> bool:
    return source is None or file is None or file in {PurePosixPath(f.path).name for f in source.files}


def _file_of(exc: BaseException) -> str | None:
    match = _FILE.search(str(exc))
    return unquote(PurePosixPath(match["path"]).name) if match else None


def _causes(text: str) -> list[str]:
    classes = list(dict.fromkeys(_CAUSE.findall(text)))
    return classes if len(classes) <= 1 else [f"{classes[0]} caused by {classes[-1]}"]


def _origin(exc: BaseException) -> str:
    """The innermost line of our own code, which says where without saying with what."""
    frames = [f for f in traceback.extract_tb(exc.__traceback__) if "havenlake" in PurePosixPath(f.filename).parts]
    if not frames:
        return ""
    parts = PurePosixPath(frames[-1].filename).with_suffix("").parts
    module = ".".join(parts[len(parts) - 1 - parts[::-1].index("havenlake") :])
    return f"at {module}:{frames[-1].lineno}"
