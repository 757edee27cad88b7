import hashlib
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime import jars

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version><packaging>jar</packaging></project>"""


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        self.server.asked.append(self.path)


def put(repository, jar, content):
    group, artifact, version = jar.coordinate.split(":")
    folder = repository / group.replace(".", "/") / artifact / version
    folder.mkdir(parents=True, exist_ok=True)
    (folder / jar.file_name).write_bytes(content)
    (folder / jar.file_name).with_suffix(".pom").write_text(POM.format(group, artifact, version))


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A Maven repository on the loopback address that serves what is put into its folder."""
    folder = tmp_path / "repository"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.asked, server.folder = [], folder
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HAVENLAKE_MAVEN_REPOSITORY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HAVENLAKE_CACHE", str(tmp_path / "cache"))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def small(monkeypatch):
    """Two small invented jars in place of the locked ones."""
    contents = {"org.invented:first_2.13:1.0": b"PK first", "org.invented:second:2.1": b"PK second"}
    found = tuple(jars.Jar(name, hashlib.sha256(data).hexdigest()) for name, data in contents.items())
    monkeypatch.setattr(jars, "locked_jars", lambda: found)
    monkeypatch.setattr(jars, "_EXCLUDED", "com.*:*")
    return dict(zip(found, contents.values(), strict=True))


def test_the_lock_names_the_jars_of_this_release():
    names = [jar.file_name for jar in jars.locked_jars()]
    assert names == ["delta-spark_4.2_2.13-4.4.0.jar", "delta-storage-4.4.0.jar", "postgresql-42.7.14.jar"]
    assert all(len(jar.sha256) == 64 for jar in jars.locked_jars())


@pytest.mark.spark
def test_jars_come_from_the_mirror_once_and_a_damaged_one_again(mirror, small):
    for jar, content in small.items():
        put(mirror.folder, jar, content)
    files = jars.jar_files()
    assert [file.read_bytes() for file in files] == list(small.values())
    assert jars.missing_jars() == []
    asked = len(mirror.asked)
    assert jars.jar_files() == files
    assert len(mirror.asked) == asked  # the cache serves

    files[0].write_bytes(b"PK fir")
    assert [jar.file_name for jar in jars.missing_jars()] == [files[0].name]
    assert jars.jar_files()[0].read_bytes() == b"PK first"
    assert len(mirror.asked) > asked
    assert [f.name for f in (jars.jar_folder().parent).iterdir() if f.name.startswith("fetch-")] == []


@pytest.mark.spark
def test_a_wrong_jar_is_refused(mirror, small):
    for jar in small:
        put(mirror.folder, jar, b"PK something else")
    with pytest.raises(HavenlakeError, match="wrong checksum") as caught:
        jars.jar_files()
    assert caught.value.code == "HL-ENV-003"
    assert list(jars.jar_folder().iterdir()) == []


@pytest.mark.spark
def test_a_mirror_without_the_jar_is_told_and_nobody_else_is_asked(mirror, small):
    with pytest.raises(HavenlakeError, match=r"org\.invented:first_2\.13:1\.0 could not be fetched") as caught:
        jars.jar_files()
    assert caught.value.code == "HL-ENV-003"
    assert "HAVENLAKE_MAVEN_REPOSITORY" in caught.value.hint
    assert any("first_2.13" in path for path in mirror.asked)


@pytest.mark.spark
def test_two_processes_fetch_the_real_jars_once(mirror, monkeypatch, tmp_path):
    with monkeypatch.context() as outside:
        outside.delenv("HAVENLAKE_CACHE")
        here = {jar: (jars.jar_folder() / jar.file_name) for jar in jars.locked_jars()}
        assert jars.missing_jars() == []
    for jar, file in here.items():
        put(mirror.folder, jar, file.read_bytes())
    command = [sys.executable, "-m", "havenlake.runtime.jars"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0]
    fetched = [path for path in mirror.asked if path.endswith("delta-spark_4.2_2.13-4.4.0.jar")]
    assert len(fetched) <= 2  # one HEAD and one GET of one process
