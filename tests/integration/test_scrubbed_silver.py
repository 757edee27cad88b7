"""Silver arrives scrubbed: the planted details of the synthetic database, looked for in the tables written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from projects import LOAD, SILVER, Lake

from havenlake.applications.rescrub import Rescrub
from havenlake.privacy import ScrubbedText, Scrubber
from havenlake.synthetic import PlatformDatabase, manifest, write_export
from havenlake.synthetic.manifest import FREE_TEXT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=4_000, seed=7)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    made = Lake.create(tmp_path_factory.mktemp("scrubbed"), spark).only_tables(*FREE_TEXT)
    write_export(DATABASE, made.landing, 0)
    made.project.run(LOAD)
    made.project.run(SILVER)
    return made


def test_planted_details_are_masked_in_every_table(lake: Lake) -> None:
    found, masked = Counter[str](), Counter[str]()
    for table, column in FREE_TEXT.items():
        silver = {row["id"]: row[column] for row in lake.silver(table).select("id", column).collect()}
        assert any(silver.values()), "free text arrives"
        for planted in manifest(DATABASE, 0).of(table, column):
            if planted.id in silver:
                found[planted.kind] += 1
                masked[planted.kind] += planted.surface not in silver[planted.id]
    assert found.total() > 100
    recall = {kind: masked[kind] / found[kind] for kind in found}
    print("recall by entity:", {k: (round(r, 3), found[k]) for k, r in sorted(recall.items())})  # noqa: T201  # -s shows it
    assert {kind for kind, share in recall.items() if share < 1.0} <= {"PERSON"}
    assert recall["PERSON"] >= 0.9


def test_every_row_names_the_scrubber(lake: Lake) -> None:
    names = {row[0] for row in lake.silver("message").select("_scrub.fingerprint").distinct().collect()}
    assert names == {Scrubber.load("default", root=lake.root).fingerprint}


def test_a_text_that_cannot_be_scrubbed_is_nulled_and_counted(lake: Lake) -> None:
    class Choosy:
        fingerprint = "choosy-1"

        def scrub(self, texts, *_routes, **_named):
            return [ScrubbedText(None, failure="ValueError") if len(t) % 5 == 0 else ScrubbedText("x") for t in texts]

    lake.only_tables("texter")
    workspace = lake.project.workspace
    before = {r["id"]: r["notes"] for r in lake.decrypted("texter").select("id", "notes").collect()}
    record = Rescrub(scrubber=Choosy()).run(workspace, workspace.job(SILVER), spark=lake.spark)
    after = {r["id"]: r["notes"] for r in lake.silver("texter").select("id", "notes").collect()}
    failed = {i for i, text in before.items() if text is not None and len(text) % 5 == 0}
    assert failed
    assert {i for i, text in after.items() if text is None} == failed | {i for i, t in before.items() if t is None}
    assert (record.tables[0].counts.nulled, record.tables[0].counts.quarantined) == (len(failed), len(failed))
