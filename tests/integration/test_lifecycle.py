"""The whole spine over days of the synthetic database, against the source and a plain-Python model.

One lake lives through the first load, an unchanged reload, a day of changes, returns and a new column; after each
step the tables on disk are read back and compared.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from projects import LOAD, SILVER, Lake, by_id

from havenlake.config.classification import classify
from havenlake.privacy import Scrubber
from havenlake.records import Mode, RunRecord, Status, TablePlan
from havenlake.synthetic import PlatformDatabase, changes, write_export

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=1_000, seed=11)
TABLES = (
    "texter",
    "conversation",
    "message",
    "reporting_question",
    "reporting_log",
    "reporting_log_value",
    "operational_event",
)
STEPS = ("first load", "unchanged", "changes", "returns", "new columns")
DAYS = {"first load": 0, "unchanged": 0, "changes": 1, "returns": 2, "new columns": 3}


@dataclass
class Step:
    """What was planned, what was done, and the versions around it."""

    plans: dict[str, tuple[TablePlan, ...]] = field(default_factory=dict)
    records: dict[str, RunRecord] = field(default_factory=dict)
    before: dict[str, dict[str, int]] = field(default_factory=dict)
    after: dict[str, dict[str, int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    return Lake.create(tmp_path_factory.mktemp("lake"), spark).only_tables(*TABLES)


def only(*steps: str) -> pytest.MarkDecorator:
    """Run a test after these steps only."""
    return pytest.mark.parametrize("step", steps, indirect=True, scope="module")


@pytest.fixture(scope="module", params=STEPS)
def step(request: pytest.FixtureRequest, lake: Lake) -> tuple[str, Step]:
    """Bring the lake to the step: export the day, plan exactly, run."""
    name = request.param
    write_export(DATABASE, lake.landing, DAYS[name], files_per_table=2)
    done = Step()
    for job, layer in ((LOAD, "bronze"), (SILVER, "silver")):
        done.plans[job] = lake.project.plan(job, exact=True)
        done.before[job] = lake.versions(layer) if name != "first load" else {}
        done.records[job] = lake.project.run(job)
        done.after[job] = lake.versions(layer)
    return name, done


def test_bronze_decrypted_equals_the_source_exactly(step: tuple[str, Step], lake: Lake) -> None:
    snapshot = DATABASE.snapshot(DAYS[step[0]])
    for table in TABLES:
        source = snapshot[table]
        bronze = lake.decrypted(table).select(*[f"`{c}`" for c in source.column_names]).toArrow().cast(source.schema)
        assert by_id(bronze) == by_id(source), table


@only("changes")
def test_rows_gone_from_the_source_are_marked_deleted_and_keep_their_payload(
    step: tuple[str, Step], lake: Lake
) -> None:
    gone = DATABASE.changed_ids("message", 1).deleted
    marked = lake.bronze("message").where("_deleted_at IS NOT NULL").select("id", "message", "_deleted_at", "_run_id")
    rows = {r["id"]: r for r in marked.collect()}
    assert sorted(rows) == sorted(int(i) for i in gone)
    assert {r["_run_id"] for r in rows.values()} == {step[1].records[LOAD].run_id}
    assert any(r["message"] is not None for r in rows.values())


def test_silver_equals_the_model(step: tuple[str, Step], lake: Lake) -> None:
    snapshot = DATABASE.snapshot(DAYS[step[0]])
    workspace = lake.project.workspace
    assets = workspace.assets_of(workspace.job(SILVER))
    for table in TABLES:
        silver = lake.silver(table)
        bronze = {r["id"]: r for r in lake.bronze(table).where("_deleted_at IS NULL").collect()}
        types = _spark_types(lake, table)
        rows, columns = snapshot[table].to_pylist(), classify(assets[table], types)
        texts = _scrubbed(table, rows, columns.scrubbed, DAYS[step[0]])
        wanted = _silver_model(rows, columns, bronze, texts, lake)
        shown = [c for c in silver.columns if not c.startswith("_")]
        assert by_id(silver.select(*[f"`{c}`" for c in shown]).toArrow()) == wanted, table


def _spark_types(lake: Lake, table: str) -> dict[str, str]:
    from havenlake.names import FRAMEWORK_COLUMNS

    rows = lake.decrypted(table)
    return {f.name: f.dataType.simpleString() for f in rows.schema.fields if f.name not in FRAMEWORK_COLUMNS}


def _scrubbed(table: str, rows: list[dict[str, Any]], columns: Any, day: int) -> dict[tuple[Any, str], str | None]:
    """Texts by row and column: every conversation whole, with its language and country; texters with their own."""
    if not columns:
        return {}
    flat = [(row["id"], column, row[column], *_context(table, row, day)) for row in rows for column in columns]
    ids, names, texts, languages, countries, conversations = map(list, zip(*flat, strict=True))
    found = Scrubber.load().scrub(texts, languages, countries, conversations)
    return {(i, name): result.text for i, name, result in zip(ids, names, found, strict=True)}


def _context(table: str, row: dict[str, Any], day: int) -> tuple[str | None, str | None, str | None]:
    if table == "texter":
        return row["language"], row["country_code"], None
    link = row if table == "message" else _known("reporting_log", day).get(row["reporting_log_id"], {})
    conversation = link.get("conversation_id")
    facts = _known("conversation", day).get(conversation, {})
    return facts.get("language"), facts.get("country_code"), None if conversation is None else str(conversation)


@cache
def _known(table: str, day: int) -> dict[Any, dict[str, Any]]:
    """Rows as bronze knows them after a day: those that were deleted as they were last."""
    return {row["id"]: row for d in range(day + 1) for row in DATABASE.snapshot(d)[table].to_pylist()}


def _silver_model(
    source: list[dict[str, Any]], columns: Any, bronze: dict[Any, Any], texts: dict[Any, str | None], lake: Lake
) -> dict[Any, Any]:
    """Silver in plain Python: clear as it is, bronze's ciphertext, scrubbed, tokens by HMAC, the rest absent."""
    key = lake.keyring.token_key()

    def token(value: str | None) -> str | None:
        if value is None:
            return None
        return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]

    return {
        row["id"]: {
            **{c: row[c] for c in columns.clear},
            **{c: (None if bronze[row["id"]][c] is None else bytes(bronze[row["id"]][c])) for c in columns.encrypted},
            **{c: texts[row["id"], c] for c in columns.scrubbed},
            **{f"{c}_token": token(row[c]) for c in columns.tokens},
        }
        for row in source
    }


def test_the_exact_plan_said_what_the_run_did(step: tuple[str, Step]) -> None:
    name, done = step
    for job in (LOAD, SILVER):
        results = {r.table: r for r in done.records[job].tables}
        for planned in done.plans[job]:
            result = results[planned.table]
            assert planned.counts is not None
            # silver is planned before bronze has moved in this step, and nulled values are counted while written
            if job == LOAD or name == "unchanged":
                assert _comparable(planned.counts) == _comparable(result.counts), (job, planned.table)
                assert planned.mode is result.mode


def _comparable(counts: Any) -> Any:
    from dataclasses import replace

    return replace(counts, nulled=0)


def test_an_unchanged_table_gets_no_commit(step: tuple[str, Step]) -> None:
    name, done = step
    for job in (LOAD, SILVER):
        for result in done.records[job].tables:
            table = result.table
            moved = done.before[job].get(table) != done.after[job][table]
            assert moved == (result.status is Status.SUCCEEDED), (job, table)
            assert moved or name != "first load"
    if name == "unchanged":
        assert {r.status for job in (LOAD, SILVER) for r in done.records[job].tables} == {Status.UNCHANGED}


@only("changes", "returns")
def test_counts_are_those_of_the_database(step: tuple[str, Step]) -> None:
    name, done = step
    said = changes(DATABASE, DAYS[name])
    for result in done.records[LOAD].tables:
        wanted = said[result.table]
        got = result.counts
        assert (got.inserted, got.updated, got.deleted, got.returned) == (
            wanted.inserted,
            wanted.updated,
            wanted.deleted,
            wanted.returned,
        ), result.table


@only("new columns")
def test_a_new_text_column_is_held_back_and_a_number_passes(step: tuple[str, Step], lake: Lake) -> None:
    assert lake.bronze("message").schema["sentiment"].dataType.simpleString() == "binary"
    assert "sentiment" not in lake.silver("message").columns
    assert lake.silver("conversation").schema["wait_seconds"].dataType.simpleString() == "int"
    notes = {r.table: r.notes for r in step[1].records[LOAD].tables}
    assert any("sentiment" in note for note in notes["message"])


def test_the_ledger_tells_every_table_and_versions_chain(step: tuple[str, Step], lake: Lake) -> None:
    entries = lake.project.ledger()
    for job in (LOAD, SILVER):
        run = step[1].records[job].run_id
        told = [e for e in entries if e.context.run_id == run]
        states = {e.result.table: e.result.status for e in told}
        assert set(states) == set(TABLES)
        assert Status.RUNNING not in states.values()
        for entry in told:
            if entry.result.status.good:
                table = entry.result.table
                assert entry.result.version_after == step[1].after[job][table]


@only("changes")
def test_as_of_reads_every_table_as_a_run_left_it(step: tuple[str, Step], lake: Lake) -> None:
    entries = [e for e in lake.project.ledger() if e.context.job == SILVER]
    first = entries[0].context.run_id
    then = lake.project.as_of(first).table("local_silver.platformdb.message")
    assert then.count() == DATABASE.count("message", 0)
    assert lake.silver("message").count() == DATABASE.count("message", 1)


@only("new columns")
def test_a_new_column_comes_with_its_comment(step: tuple[str, Step], lake: Lake) -> None:
    comments = {field.name: field.metadata.get("comment") for field in lake.bronze("message").schema.fields}
    assert "held back from silver" in comments["sentiment"]
    assert all(comments.values())


def test_silver_reads_the_change_feed_after_the_first_build(step: tuple[str, Step]) -> None:
    modes = {r.mode for r in step[1].records[SILVER].tables}
    wanted = {"first load": {Mode.FIRST_LOAD}, "unchanged": {Mode.SKIP}}.get(step[0], {Mode.FEED, Mode.SKIP})
    assert modes == wanted
