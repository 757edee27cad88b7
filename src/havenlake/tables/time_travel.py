"""Read a table as it was, or say that this version is gone: maintenance removes old versions after a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.tables.failures import condition

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from havenlake.names import TableName
    from havenlake.tables.store import DeltaStore


def read_version(store: DeltaStore, name: TableName, version: int) -> DataFrame:
    """The table's rows at a version; HL-RUN-010 when its log entries or data files are there no more.

    The newest version costs no look. Of an older one the files are looked for, because a version whose files are
    gone fails only when its rows are read.
    """
    newest = store.version(name)
    if newest is None:
        raise _gone(name, version, "the table does not exist any more")
    if version == newest:
        return store.read(name)
    try:
        frame = store.read(name, version)
        whole = _whole(frame, local=store.storage.is_local)
    except ENGINE_ERRORS as error:
        raise _gone(name, version, f"it cannot be read ({condition(error)})") from None
    if not whole:
        raise _gone(name, version, "its data files were vacuumed away")
    return frame


def _whole(frame: DataFrame, *, local: bool) -> bool:
    """Whether every file is there. Where files cannot be looked for, one column of all of them is read."""
    if local:
        return all(Path(unquote(urlsplit(file).path)).exists() for file in frame.inputFiles())
    frame.select(F.count(F.col(quoted(frame.columns[0])))).collect()
    return True


def _gone(name: TableName, version: int, why: str) -> HavenlakeError:
    return HavenlakeError(
        "HL-RUN-010",
        f"version {version} of {name} is gone: {why}",
        where=str(name),
        hint="read a later run, or the table as it is now; `retention` says how long old versions are kept",
    )
