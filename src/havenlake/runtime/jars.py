"""Jars of Delta and of the PostgreSQL driver: fetched once by Spark's own resolver, checked against `jars.lock`.

From then on they are used from the cache folder.

`HAVENLAKE_MAVEN_REPOSITORY` is the one setting for a mirror, which then serves instead of the public repository.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import quoteattr

from havenlake.errors import HavenlakeError
from havenlake.runtime.cache import cache_folder
from havenlake.runtime.java import find_java
from havenlake.runtime.locks import FileLock

REPOSITORY_VARIABLE = "HAVENLAKE_MAVEN_REPOSITORY"
_FETCH_SECONDS = 600
# Everything Delta depends on is part of Spark, in newer versions; the driver needs nothing.
_EXCLUDED = "org.[!p]*:*,com.*:*,io.unitycatalog:*,io.dropwizard:*,io.netty:*,io.delta:delta-kernel*"

_IVY_SETTINGS = """<ivysettings>
  <settings defaultResolver="mirror"/>
  <resolvers><ibiblio name="mirror" m2compatible="true" root={url}/></resolvers>
</ivysettings>
"""


@dataclass(frozen=True)
class Jar:
    """One locked jar."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The artifact's usual file name."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked_jars() -> tuple[Jar, ...]:
    """The jars that this release works with."""
    lines = Path(__file__).with_name("jars.lock").read_text(encoding="utf-8").splitlines()
    return tuple(Jar(*line.split()) for line in lines if line and not line.startswith("#"))


def jar_folder() -> Path:
    """Where the checked jars lie."""
    return cache_folder() / "jars"


def missing_jars() -> list[Jar]:
    """The locked jars that are not in the cache folder, or damaged."""
    return [jar for jar in locked_jars() if not _intact(jar_folder() / jar.file_name, jar)]


def jar_files() -> list[Path]:
    """The checked jars, fetched first when one is missing or damaged; raises HL-ENV-003 when that fails."""
    if missing_jars():
        with FileLock(cache_folder() / "jars.lock"):
            missing = missing_jars()  # another process may have been quicker
            if missing:
                _fetch(missing)
    return [jar_folder() / jar.file_name for jar in locked_jars()]


def _intact(file: Path, jar: Jar) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == jar.sha256


def _fetch(jars: list[Jar]) -> None:
    """Resolve into a fresh folder, check, and move into place one whole file at a time."""
    folder = jar_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as work:
        said = _resolve(Path(work))
        for jar in jars:
            group = jar.coordinate.split(":")[0]
            found = Path(work) / "ivy" / "jars" / f"{group}_{jar.file_name}"
            if not _intact(found, jar):
                raise _not_fetched(jar, said, arrived=found.exists())
            shutil.move(found, folder / jar.file_name)


def _resolve(work: Path) -> str:
    """Let Spark's resolver fetch the jars, in a process of its own that starts no session; its last words."""
    script = work / "nothing.py"
    script.write_text("")
    coordinates = ",".join(jar.coordinate for jar in locked_jars())
    command = [
        str(_spark_home() / "bin" / "spark-submit"),
        *("--master", "local[1]", "--packages", coordinates, "--exclude-packages", _EXCLUDED),
        # a fresh home: a damaged jar in the user's own Maven folder would come back for ever
        *("--conf", f"spark.jars.ivy={work / 'ivy'}", "--driver-java-options", f"-Duser.home={work}"),
        *("--driver-memory", "512m", *_mirror(work), str(script)),
    ]
    settings = {"JAVA_HOME": str(find_java().home), "PYSPARK_PYTHON": sys.executable}
    try:
        done = subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_FETCH_SECONDS} s"
    return done.stderr


def _mirror(work: Path) -> tuple[str, ...]:
    """Options by which the resolver asks the mirror and nobody else."""
    url = os.environ.get(REPOSITORY_VARIABLE)
    if not url:
        return ()
    settings = work / "ivysettings.xml"
    settings.write_text(_IVY_SETTINGS.format(url=quoteattr(url.rstrip("/") + "/")), encoding="utf-8")
    return ("--conf", f"spark.jars.ivySettings={settings}")


def _spark_home() -> Path:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise HavenlakeError("HL-ENV-002", "pyspark is not installed", hint="pip install 'havenlake[local]'")
    return Path(spec.origin).parent


def _not_fetched(jar: Jar, said: str, *, arrived: bool) -> HavenlakeError:
    reason = "came with a wrong checksum" if arrived else "could not be fetched"
    told = [line.strip() for line in said.splitlines() if "unresolved dependency" in line or "Server access" in line]
    return HavenlakeError(
        "HL-ENV-003",
        f"{jar.coordinate} {reason}" + (f" ({told[0]})" if told else ""),
        hint=f"check the network, or set {REPOSITORY_VARIABLE} to a Maven repository that you can reach",
    )


if __name__ == "__main__":
    try:
        for file in jar_files():
            print(file)  # noqa: T201
    except HavenlakeError as error:
        sys.exit(str(error))
