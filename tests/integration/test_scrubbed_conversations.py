"""Silver scrubs conversations whole, with their language and country, and by load after load as a rebuild would.

One lake lives through changes of rows, of their context and of the policy; after each step silver is held against a
plain call of the scrubber over the whole source.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from projects import LOAD, SILVER, Lake
from things import both, load, put, rows_of, things

from havenlake.applications.rescrub import Rescrub
from havenlake.applications.to_silver import ToSilver
from havenlake.privacy import ScrubbedText, Scrubber
from havenlake.records import Mode, Status
from havenlake.runtime.session import JAVA_VARIABLE, QUICK_START
from havenlake.tables.run_versions import seen_context

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ASSETS = {
    "conversation": {
        "identity": ["id"],
        "columns": {"status": "clear"},
        "context": {"country": "country", "language": "language", "conversation": "id"},
    },
    "message": {
        "identity": ["id"],
        "scrubbing": ["text"],
        "context": {
            "via": "conversation",
            "on": {"conversation_id": "id"},
            "country": "country",
            "language": "language",
        },
    },
    "note": {
        "identity": ["id"],
        "scrubbing": ["title", "body"],
        "context": {"via": "message", "on": {"message_id": "id"}},
    },
}
NAME, KNOWN = "my name is grace", "there is grace in it"
POLICY = "policies/own.yaml"


@dataclass
class Source:
    """What the source holds: conversations with country and language, messages, notes about messages."""

    conversations: dict[int, tuple[str | None, str | None, str]] = field(default_factory=dict)
    messages: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    notes: dict[int, tuple[int, str | None, str | None]] = field(default_factory=dict)

    def export(self, lake: Lake) -> None:
        for table, columns, rows in (
            ("conversation", ["id", "country", "language", "status"], self.conversations),
            ("message", ["id", "conversation_id", "text"], self.messages),
            ("note", ["id", "message_id", "title", "body"], self.notes),
        ):
            listed = [dict(zip(columns, (key, *values), strict=True)) for key, values in rows.items()]
            put(lake, table, pa.Table.from_pylist(listed))

    def scrubbed(self, scrubber: Scrubber) -> dict[str, dict[int, tuple[str | None, ...]]]:
        """The texts of both tables as one plain call of the scrubber gives them."""
        own = {i: (self._context(c), (text,)) for i, (c, text) in self.messages.items()}
        about = {i: (self._context(self.messages[m][0]), tuple(t)) for i, (m, *t) in self.notes.items()}
        return {"message": _called(scrubber, own), "note": _called(scrubber, about)}

    def _context(self, conversation: int) -> tuple[str | None, str | None, str]:
        country, language, _ = self.conversations.get(conversation, (None, None, ""))
        return country, language, str(conversation)


def _called(scrubber: Scrubber, rows: dict[int, Any]) -> dict[int, tuple[str | None, ...]]:
    flat = [(text, *context) for context, texts in rows.values() for text in texts]
    texts, countries, languages, conversations = map(list, zip(*flat, strict=True))
    results = iter(scrubber.scrub(texts, languages, countries, conversations))
    return {i: tuple(next(results).text for _ in texts) for i, (_, texts) in rows.items()}


def _texts(lake: Lake) -> dict[str, dict[int, tuple[str | None, ...]]]:
    columns = {"message": ("text",), "note": ("title", "body")}
    return {
        table: {i: tuple(row[c] for c in names) for i, row in rows_of(lake, f"local_silver.platformdb.{table}").items()}
        for table, names in columns.items()
    }


@pytest.fixture(scope="module")
def source() -> Source:
    return Source(
        conversations={1: ("us", "en", "open"), 2: ("us", "en", "open"), 3: (None, None, "open")},
        messages={
            1: (1, KNOWN),
            2: (1, None),
            3: (2, "my code is SW1A 1AA"),
            4: (3, NAME),
            5: (3, KNOWN),
            6: (2, KNOWN),
            7: (9, "my code is SW1A 1AA"),  # of a conversation that is not there yet
        },
        notes={1: (1, "about", KNOWN), 2: (2, NAME, None), 3: (3, "SW1A 1AA", "call 415 555 0100")},
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, source: Source) -> Lake:
    """First load, then a day on which rows and their context change."""
    made = things(tmp_path_factory.mktemp("conversations"), spark, ASSETS)
    (made.root / "policies").mkdir()
    (made.root / POLICY).write_text("format: 1\n")
    made.edit("jobs-configuration/local/local-jobs-configs.yaml", ("scrub_policy: default", "scrub_policy: own"))
    source.export(made)
    both(made)
    assert _texts(made) == source.scrubbed(_scrubber(made))
    assert _texts(made)["message"][1] == (KNOWN,), "nothing in the conversation told the name yet"
    source.messages |= {8: (1, NAME), 6: (3, KNOWN)}  # one is told, one moves to where it is told
    source.messages.pop(4)
    source.messages[9] = (3, "my name is tolvik")
    source.conversations |= {2: ("gb", "en", "open"), 9: ("gb", "en", "open"), 3: (None, None, "closed")}
    source.export(made)
    load(made)
    return made


def _scrubber(lake: Lake) -> Scrubber:
    return Scrubber.load("own", root=lake.root)


def test_a_day_of_changes_gives_what_a_rebuild_would(lake: Lake, source: Source) -> None:
    before = rows_of(lake, "local_silver.platformdb.message")
    done = load(lake, SILVER)
    assert {t.mode for t in done.values()} == {Mode.FEED}
    assert done["message"].canary_recall is not None
    assert done["message"].canary_recall >= 0.995
    assert seen_context(done["note"].source_position).keys() == {"message"} | {"conversation"}
    texts = _texts(lake)
    assert texts == source.scrubbed(_scrubber(lake))
    assert texts["message"][1] == ("there is <PERSON> in it",), "told today, masked in yesterday's message"
    assert texts["message"][3] == ("my code is <POSTCODE>",), "the country of its conversation changed"
    assert texts["message"][6] == (KNOWN,), "its new conversation tells the name no more"
    after = rows_of(lake, "local_silver.platformdb.message")
    assert after[2]["_run_id"] == before[2]["_run_id"], "looked at again, but the same as before"
    assert after[1]["_run_id"] != before[1]["_run_id"]
    assert after[1]["_scrub"]["conversation"] == "1"
    assert (after[3]["_scrub"]["country"], after[3]["_scrub"]["language"]) == ("gb", "en")
    assert {t.status for t in load(lake, SILVER).values()} == {Status.UNCHANGED}
    for table in ("message", "note"):
        shutil.rmtree(lake.warehouse / "local_silver/platformdb" / table)
    assert load(lake, SILVER)["message"].mode is Mode.FIRST_LOAD
    assert _texts(lake) == texts


def test_a_changed_policy_is_told_and_renewed_on_request_only(lake: Lake, source: Source) -> None:
    (lake.root / POLICY).write_text("format: 1\nentities: {POSTCODE: keep}\n")
    source.messages[10] = (2, "hello")
    source.export(lake)
    load(lake)
    assert any("--rescrub" in note for note in load(lake, SILVER)["message"].notes)
    mixed = {row["_scrub"]["fingerprint"] for row in rows_of(lake, "local_silver.platformdb.message").values()}
    assert len(mixed) == 2
    assert _texts(lake)["message"][3] == ("my code is SW1A 1AA",), "its conversation was touched"
    assert _texts(lake)["message"][7] == ("my code is <POSTCODE>",)
    untouched = rows_of(lake, "local_silver.platformdb.message")[10]
    before = _stale(lake)
    run = _die_half_way(lake)
    assert 0 < _stale(lake) < before
    workspace = lake.project.workspace
    record = Rescrub(slice_rows=1).run(workspace, workspace.job(SILVER), spark=lake.spark, resume=run)
    assert [t.table for t in record.tables] == ["message"]
    assert _stale(lake) == 0
    assert rows_of(lake, "local_silver.platformdb.message")[10] == untouched, "a row under the policy is left alone"
    assert lake.project.run(SILVER, rescrub=True).status is Status.SUCCEEDED
    assert _texts(lake) == source.scrubbed(_scrubber(lake))
    assert lake.project.run(SILVER, rescrub=True).status is Status.UNCHANGED
    assert not any("--rescrub" in note for t in load(lake, SILVER).values() for note in t.notes)


def _stale(lake: Lake) -> int:
    """Messages that are not as the policy of now leaves them."""
    own = _scrubber(lake).fingerprint
    rows = rows_of(lake, "local_silver.platformdb.message").values()
    return sum(row["_scrub"]["fingerprint"] != own for row in rows)


def _die_half_way(lake: Lake) -> str:
    """Rescrub in slices of as few rows as can be, killed after the first; the id of the run."""
    code = (
        "from havenlake.api import Project; from havenlake.applications.rescrub import Rescrub; import sys; "
        "w = Project.open(sys.argv[1], workspace='local').workspace; "
        f"Rescrub(slice_rows=1).run(w, w.job({SILVER!r}), tables=['message'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(lake.root)],
        env={
            **os.environ,
            JAVA_VARIABLE: QUICK_START,
            "HAVENLAKE_DRIVER_MEMORY": "1g",
            "HAVENLAKE_FAULT": "slice-merged",
        },
        capture_output=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    return lake.project.ledger()[-1].context.run_id


def test_a_scrubber_that_misses_canaries_writes_nothing(lake: Lake) -> None:
    versions = lake.versions("silver")
    policy = (lake.root / POLICY).read_text()
    (lake.root / POLICY).write_text("format: 1\nmin_score: 1.0\n")
    shutil.rmtree(lake.warehouse / "local_silver/platformdb/note")
    try:
        done = load(lake, SILVER)["note"]
    finally:
        (lake.root / POLICY).write_text(policy)
    assert done.status is Status.REFUSED
    assert done.error is not None
    assert done.error.code == "HL-SCR-011"
    assert "note" not in lake.versions("silver")
    assert {t: v for t, v in lake.versions("silver").items() if t != "note"} == {
        t: v for t, v in versions.items() if t != "note"
    }


def test_a_text_that_cannot_be_scrubbed_is_nulled_and_its_row_named(lake: Lake, source: Source) -> None:
    class Choosy:
        fingerprint = "choosy-1"

        def scrub(self, texts, *_routes, **_named):
            return [ScrubbedText(None, failure="ValueError") if "zip" in t else ScrubbedText("x") for t in texts]

    source.messages[11] = (1, "my zip is 94105")
    source.export(lake)
    load(lake, LOAD)
    workspace = lake.project.workspace
    record = ToSilver(scrubber=Choosy()).run(workspace, workspace.job(SILVER), spark=lake.spark, tables=["message"])
    assert (record.tables[0].counts.nulled, record.tables[0].counts.quarantined) == (1, 1)
    row = rows_of(lake, "local_silver.platformdb.message")[11]
    assert (row["text"], row["_scrub"]["failed"]) == (None, 1)
    entries = lake.project.table("local_operations.havenlake.quarantine").where("rule = 'scrub_failed'").collect()
    assert [(e["identity"], e["target"]) for e in entries] == [('{"id":11}', "local_silver.platformdb.message")]
