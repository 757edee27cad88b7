"""Byte search of everything a run writes: no clear text of an encrypted or scrubbed column, no key.

Nothing is compressed, so that what is there can be found. Clear text is searched for with Spark's own encryption of
its local files turned off: none crosses an exchange. Keys are searched for with it on, as our sessions have it: the
keys a worker is given travel in broadcast blocks, which Spark may move to disk.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from havenlake.privacy import Keyring, Scrubber
from havenlake.runtime.session import JAVA_VARIABLE, QUICK_START
from havenlake.synthetic import SENSITIVE, TABLES, PlatformDatabase, manifest
from havenlake.synthetic.manifest import FREE_TEXT

HERE = Path(__file__).parent
DATABASE = PlatformDatabase(messages=1_000, seed=3)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder a run wrote into, and what it said, with Spark's local files unencrypted."""
    return _run(tmp_path_factory.mktemp("bare"), "bare")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The same in a session as we ship it."""
    return _run(tmp_path_factory.mktemp("shipped"), "shipped")


def _run(root: Path, mode: str) -> tuple[Path, str]:
    done = subprocess.run(
        [sys.executable, str(HERE / "secrecy_run.py"), str(root), mode],
        env={**os.environ, "HAVENLAKE_LOG": "json", JAVA_VARIABLE: QUICK_START},
        capture_output=True,
        timeout=500,
        check=False,
    )
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, said[-3000:]
    return root, said


def _written(root: Path) -> Iterator[tuple[Path, bytes]]:
    for file in root.rglob("*"):
        if file.is_file() and not file.is_symlink() and "source" not in file.relative_to(root).parts[:1]:
            yield file, file.read_bytes()


def _probes() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for day in (0, 1, 3):
        for text in manifest(DATABASE, day).clear_text_probes(per_column=40):
            found[text] = text.encode()
    return found


def test_the_search_would_find_clear_text(ran: tuple[Path, str]) -> None:
    """The same search over the source finds the probes: they are not hidden by their encoding."""
    source = b"".join(f.read_bytes() for f in (ran[0] / "source").rglob("*.parquet"))
    # the exports are compressed by their writer; rewrite them plainly, as the tables were written
    import pyarrow.parquet as pq

    plain = ran[0] / "source-plain"
    plain.mkdir(exist_ok=True)
    for file in (ran[0] / "source").rglob("*.parquet"):
        pq.write_table(
            pq.read_table(file), plain / f"{file.parent.name}.parquet", compression="none", use_dictionary=False
        )
    source = b"".join(f.read_bytes() for f in plain.iterdir())
    for file in plain.iterdir():
        file.unlink()
    probes = manifest(DATABASE, 3).clear_text_probes(per_column=40)
    assert len(probes) > 50
    assert sum(p.encode() in source for p in probes) == len(probes)


def test_no_clear_text_rests_anywhere(ran: tuple[Path, str]) -> None:
    probes = _probes()
    found = [
        (file.relative_to(ran[0]).as_posix(), text)
        for file, content in _written(ran[0])
        for text, probe in probes.items()
        if probe in content
    ]
    assert found == []


def test_what_identifies_somebody_rests_nowhere_where_text_is_scrubbed(shipped: tuple[Path, str]) -> None:
    """Silver holds scrubbed text here; what the scrubber misses of what was planted is told by the scrubber itself."""
    probes = manifest(DATABASE, 0).clear_text_probes(per_column=400, fragments=False)
    planted = [p for table, column in FREE_TEXT.items() for p in manifest(DATABASE, 0).of(table, column)]
    assert len(planted) > 30
    scrubbed = "\n".join(_scrubbed_texts())
    missed = {text for text in probes if text in scrubbed}
    assert len(missed) <= 0.02 * len(planted), f"{len(missed)} of {len(planted)}"
    found = {text for _, content in _written(shipped[0]) for text in probes if text.encode() in content}
    assert found <= missed


def _scrubbed_texts() -> Iterator[str]:
    """The free texts of the database as the scrubber leaves them when it is called directly."""
    snapshot, scrubber = DATABASE.snapshot(0), Scrubber.load()
    for table, column in FREE_TEXT.items():
        rows = snapshot[table].to_pylist()
        own = {"texter": ("language", "country_code", None), "message": (None, None, "conversation_id")}
        routes = [[str(r[c]) if c else None for r in rows] for c in own.get(table, (None, None, None))]
        yield from (r.text for r in scrubber.scrub([row[column] for row in rows], *routes) if r.text)


def test_spark_really_wrote_local_files_and_events(ran: tuple[Path, str]) -> None:
    kept = [f for f in (ran[0] / "spark-local-kept").rglob("shuffle_*") if f.is_file()]
    assert kept, "no shuffle file was kept: the search would prove nothing"
    assert any((ran[0] / "events").rglob("*"))


def test_no_key_rests_anywhere_but_in_the_keyring(shipped: tuple[Path, str]) -> None:
    assert any((shipped[0] / "spark-local-kept").rglob("broadcast_*")), "nothing was moved to disk: proves nothing"
    assert _places_of_keys(shipped[0]) == []


def test_without_spark_s_encryption_only_broadcast_blocks_would_hold_keys(ran: tuple[Path, str]) -> None:
    assert {f.name.partition("_")[0] for f in _places_of_keys(ran[0])} <= {"broadcast"}


def _places_of_keys(root: Path) -> list[Path]:
    keyring = root / "lake/.havenlake/keyring.json"
    secrets = [*_keys(json.loads(keyring.read_text())), *_derived(Keyring.load_file(keyring))]
    assert len(secrets) > 20
    forms = [f for s in secrets for f in (s, s.hex().encode(), base64.b64encode(s), base64.urlsafe_b64encode(s))]
    return [f for f, content in _written(root) if f != keyring and any(form in content for form in forms)]


def test_nothing_clear_was_said(ran: tuple[Path, str]) -> None:
    assert [text for text in _probes() if text in ran[1]] == []


def _derived(keyring: Keyring) -> list[bytes]:
    """The keys that workers are given."""
    columns = [(t, c) for t, names in SENSITIVE.items() for c in names]
    own = [keyring.column_key(f"platformdb.{t}", c) for t, c in columns]
    return [*own, *(keyring.row_hash_key(f"platformdb.{t}") for t in TABLES), keyring.token_key()]


def _keys(document: object) -> list[bytes]:
    """Every key of a keyring document."""
    if isinstance(document, dict):
        own = [base64.b64decode(v) for k, v in document.items() if k == "key" and isinstance(v, str)]
        return own + [s for v in document.values() for s in _keys(v)]
    return []
