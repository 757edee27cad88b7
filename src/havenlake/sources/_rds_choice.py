"""Which of several RDS exports is read: the newest complete one, or the one that is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import list_files, read_text
from havenlake.sources._listing import missing, relative
from havenlake.sources._rds_manifest import (
    INFO,
    Export,
    ExportedTable,
    Incomplete,
    read_info,
    read_tables,
    tables_files,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Chosen:
    """The export that is read, its tables, and the exports that were passed over."""

    export: Export
    tables: tuple[ExportedTable, ...]
    skipped: tuple[Incomplete, ...]


def choose(spark: SparkSession, base: str, place: str, wanted: str | None) -> Chosen:
    """Find the export below `base`; `place` is its name for people. Raises HL-SRC-001 and HL-SRC-003."""
    names = _names(spark, base, place, wanted)
    infos = [name for name in names if INFO.search(name) and name.count("/") <= 1]
    found = [_read(spark, base, name) for name in infos]
    folders = {item.folder for item in found}
    bare = {name.partition("/")[0] for name in names if "/" in name} if "" not in folders else set()
    unfinished = [item for item in found if isinstance(item, Incomplete)]
    unfinished += [Incomplete(f, f, "it has no export_info manifest") for f in sorted(bare - folders)]
    export = _pick([e for e in found if isinstance(e, Export)], unfinished, place, wanted)
    return Chosen(export, tuple(_tables(spark, base, export, names)), tuple(unfinished))


def incomplete(message: str, where: str | None = None) -> HavenlakeError:
    """HL-SRC-003."""
    return HavenlakeError("HL-SRC-003", message, where=where, hint="wait until the export has ended, or export again")


def _names(spark: SparkSession, base: str, place: str, wanted: str | None) -> Sequence[str]:
    """Files relative to `base`; only those of one export when it is named and there."""
    if wanted is not None:
        try:
            return [f"{wanted}/{relative(f.path, f'{base}/{wanted}')}" for f in list_files(spark, f"{base}/{wanted}")]
        except FileNotFoundError:
            pass
    try:
        return [relative(f.path, base) for f in list_files(spark, base)]
    except FileNotFoundError:
        raise HavenlakeError("HL-SRC-001", f"landing folder '{place}' does not exist", where=place) from None


def _read(spark: SparkSession, base: str, name: str) -> Export | Incomplete:
    match = INFO.search(name)
    assert match is not None  # noqa: S101  # the caller chose by it
    folder = name.rpartition("/")[0]
    try:
        return read_info(read_text(spark, f"{base}/{name}"), match["id"], folder)
    except (OSError, ValueError):
        return Incomplete(match["id"], folder, "its manifest cannot be read")


def _pick(complete: Sequence[Export], unfinished: Sequence[Incomplete], place: str, wanted: str | None) -> Export:
    if wanted is not None:
        complete = [e for e in complete if wanted in (e.identifier, e.folder)]
        unfinished = [i for i in unfinished if wanted in (i.identifier, i.folder)]
    if complete:
        return max(complete, key=lambda export: (export.taken, export.ended, export.identifier))
    if unfinished:
        told = "; ".join(f"'{item.identifier}': {item.why}" for item in unfinished)
        raise incomplete(f"no complete export in '{place}': {told}")
    raise _absent(place, wanted)


def _absent(place: str, wanted: str | None) -> HavenlakeError:
    what = f"no export '{wanted}'" if wanted is not None else "no RDS export"
    return HavenlakeError(
        "HL-SRC-001",
        f"there is {what} in '{place}'",
        where=place,
        hint="an export is a folder with an export_info_….json in it",
    )


def _tables(spark: SparkSession, base: str, export: Export, names: Sequence[str]) -> Sequence[ExportedTable]:
    prefix = f"{export.folder}/" if export.folder else ""
    own = [name for name in names if name.startswith(prefix) and "/" not in name.removeprefix(prefix)]
    files, why = tables_files(own)
    if why is not None:
        raise incomplete(f"export '{export.identifier}' is incomplete: {why}")
    try:
        return [table for name in files for table in read_tables(read_text(spark, f"{base}/{name}"))]
    except (ValueError, OSError):
        raise incomplete(f"export '{export.identifier}' has a manifest that cannot be read") from None


def find_table(chosen: Chosen, name: str, place: str) -> ExportedTable:
    """The one table of this name; raises HL-SRC-001 when there is none, HL-SRC-005 when there are several."""
    found = [table for table in chosen.tables if name in table.names]
    if not found:
        what = f"export '{chosen.export.identifier}' in '{place}' has no table '{name}'"
        raise missing(what, name, {n for table in chosen.tables for n in table.names[:2]}, name)
    if len(found) > 1:
        level = 2 if len({table.names[1] for table in found}) < len(found) else 1
        raise HavenlakeError(
            "HL-SRC-005",
            f"'{name}' means several tables of the export: {', '.join(sorted(t.names[level] for t in found))}",
            where=f"table '{name}'",
            hint="write the name with its schema",
        )
    return found[0]
