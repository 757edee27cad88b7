"""Looks at this machine: what a run needs, whether it is there, and how to get it. Uses no network."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from havenlake.errors import HavenlakeError
from havenlake.runtime.cache import CACHE_VARIABLE, cache_folder
from havenlake.runtime.jars import locked_jars, missing_jars
from havenlake.runtime.java import find_java
from havenlake.runtime.session import MEMORY_VARIABLE, driver_memory

MINIMUM_PYTHON = (3, 11)
_ENGINE = {"pyspark": "4.2", "delta-spark": "4.4", "pandas": "2", "pyarrow": "", "grpcio": ""}
_DISK_GIB = 5
_MEMORY_GIB = 4
_GIB = 1 << 30


@dataclass(frozen=True)
class Check:
    """One thing looked at; `remedy` says what to type when it is not well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def checks() -> list[Check]:
    """Everything a local run needs, in the order in which to put it right."""
    looks: tuple[Callable[[], Check], ...] = (_python, _java, _packages, _jars, _cache, _disk, _memory)
    return [look() for look in looks]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, MINIMUM_PYTHON))
    return Check("Python", sys.version_info >= MINIMUM_PYTHON, found, f"install Python {wanted} or newer")


def _java() -> Check:
    try:
        java = find_java()
    except HavenlakeError as error:
        return Check("Java", ok=False, detail=error.message, remedy=error.hint or "")
    return Check("Java", ok=True, detail=f"{java.version} from {java.origin} ({java.home})")


def _packages() -> Check:
    found = {name: _version(name) for name in _ENGINE}
    bad = [name for name, start in _ENGINE.items() if not _fits(found[name], start)]
    detail = ", ".join(f"{name} {found[name] or 'missing'}" for name in (bad or ("pyspark", "delta-spark")))
    wanted = ", ".join(f"{name} {_ENGINE[name]}".strip() for name in bad)
    return Check("Spark and Delta", not bad, detail, f"pip install 'havenlake[local]' (wants {wanted})")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _fits(found: str | None, start: str) -> bool:
    return found is not None and (not start or found == start or found.startswith(start + "."))


def _jars() -> Check:
    missing = missing_jars()
    detail = ", ".join(jar.file_name for jar in missing or locked_jars())
    remedy = f"{Path(sys.executable).name} -m havenlake.runtime.jars"
    return Check("Jars", not missing, f"missing or damaged: {detail}" if missing else detail, remedy)


def _cache() -> Check:
    folder = cache_folder()
    ok = os.access(_existing(folder), os.W_OK | os.X_OK)
    return Check("Cache folder", ok, str(folder), f"make it writable, or set {CACHE_VARIABLE} to another folder")


def _disk() -> Check:
    free = shutil.disk_usage(_existing(cache_folder())).free / _GIB
    return Check("Disk", free >= _DISK_GIB, f"{free:.0f} GiB free", f"free {_DISK_GIB} GiB")


def _memory() -> Check:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    detail = f"{machine:.0f} GiB, of it {driver_memory()} for Spark"
    return Check("Memory", machine >= _MEMORY_GIB, detail, f"set {MEMORY_VARIABLE} (1g at least) and load small tables")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
