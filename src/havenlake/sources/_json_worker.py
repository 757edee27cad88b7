"""The check of JSON lines that runs in Python workers: which keys there are, and which files hold no JSON lines."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, NoReturn

import pyarrow as pa

from havenlake.sources.errors import worker_error

MAX_COLUMNS = 5_000
"""More different keys than this are values, not columns."""


def keys_of_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Keys of the objects in column `line` (bytes), each once; raises for a bad line by its `file`."""
    keys: set[str] = set()
    for batch in batches:
        for file, line in zip(batch["file"].to_pylist(), batch["line"].to_pylist(), strict=True):
            found = _keys(file, line.removeprefix(codecs.BOM_UTF8))
            if len(keys) <= MAX_COLUMNS:
                keys.update(found)
    yield pa.RecordBatch.from_arrays([pa.array(sorted(keys), pa.string())], ["key"])


def _keys(file: str, line: bytes) -> list[str]:
    if not line.strip():
        return []
    try:
        text = line.decode("utf-8")
        record = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise worker_error(file, "encoding") from None
    except (ValueError, RecursionError):
        raise worker_error(file, "json") from None
    if not isinstance(record, tuple):
        raise worker_error(file, "json")
    keys = [key for key, _ in record]
    if len(set(keys)) < len(keys):
        raise worker_error(file, "duplicate")
    if b"\\ud" in line.lower():
        _check_surrogates(file, record)
    return keys


def _check_surrogates(file: str, value: Any) -> None:
    """A decoded text with half of a surrogate pair cannot be written as UTF-8 again."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise worker_error(file, "surrogate") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(
    object_pairs_hook=tuple,  # keeps keys that are written twice, and tells an object from a list
    parse_int=str,  # the values do not matter here: no conversion
    parse_float=str,
    parse_constant=_refuse,  # NaN and Infinity are not JSON
)
