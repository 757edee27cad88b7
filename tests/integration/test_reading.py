"""What an analyst reads: tables as of a run, and comments that say how each column is treated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from projects import LOAD, SILVER, Lake

from havenlake.applications.to_silver import ToSilver
from havenlake.errors import HavenlakeError
from havenlake.records import Mode, Status
from havenlake.synthetic import PlatformDatabase, write_export
from tests.transforms.conftest import scrubber

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DATABASE = PlatformDatabase(messages=200, seed=3)
ASSETS = "data-assets/local/local-platform-db.yaml"
DESCRIPTION = "People who write to the service"
TABLES = ("texter", "operational_event")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Lake:
    """Two days, each loaded and carried to silver."""
    lake = Lake.create(tmp_path_factory.mktemp("lake"), spark).only_tables(*TABLES).unscrubbed()
    for day in (0, 1):
        write_export(DATABASE, lake.landing, day)
        for job in (LOAD, SILVER):
            lake.project.run(job)
    return lake


def comments(lake: Lake, table: str) -> dict[str, str | None]:
    return {column.name: column.comment for column in lake.project.columns(table)}


def table_comment(lake: Lake, table: str) -> Any:
    store = lake.project.store
    from havenlake.names import TableName

    return lake.spark.sql(f"DESCRIBE DETAIL {store.ref(TableName.parse(table))}").first()["description"]


def runs(lake: Lake, job: str) -> list[str]:
    return list(dict.fromkeys(e.context.run_id for e in lake.project.ledger() if e.context.job == job))


def test_silver_as_of_a_load_is_what_was_made_of_it(lake: Lake) -> None:
    first, second = runs(lake, LOAD)[:2]
    for run, day in ((first, 0), (second, 1)):
        then = lake.project.as_of(run)
        assert then.table("local_silver.platformdb.texter").count() == DATABASE.count("texter", day)
        live = then.table("local_bronze.platformdb.texter").where("_deleted_at IS NULL")
        assert live.count() == DATABASE.count("texter", day)


def test_bronze_as_of_a_silver_run_is_what_it_read(lake: Lake) -> None:
    first = lake.project.as_of(runs(lake, SILVER)[0])
    assert first.versions == lake.project.as_of(runs(lake, LOAD)[0]).versions


def test_a_version_whose_files_are_gone_is_told(lake: Lake) -> None:
    run = runs(lake, LOAD)[0]
    name = "local_silver.platformdb.texter"
    location = lake.warehouse / "local_silver/platformdb/texter"
    assert lake.spark is not None
    lake.spark.sql(f"OPTIMIZE delta.`{location}`").collect()
    lake.spark.sql(f"VACUUM delta.`{location}` RETAIN 0 HOURS").collect()
    with pytest.raises(HavenlakeError, match="HL-RUN-010") as caught:
        lake.project.as_of(run).table(name)
    assert "version 0 of" in str(caught.value)
    assert "vacuumed away" in str(caught.value)
    at_once = "('delta.deletedFileRetentionDuration' = '0 hours')"  # from now on Delta itself refuses
    lake.spark.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES {at_once}")
    with pytest.raises(HavenlakeError, match="HL-RUN-010"):
        lake.project.as_of(run).table(name)
    assert lake.project.table(name).count() == DATABASE.count("texter", 1)


def test_bronze_says_how_each_column_is_treated(lake: Lake) -> None:
    texter, event = (comments(lake, f"local_bronze.platformdb.{t}") for t in TABLES)
    assert texter["id"] == f"Names a row. In clear, as in the source. {DESCRIPTION}"
    assert texter["country_code"] == "In clear, as in the source."
    sealed = "Encrypted with AES-256-GCM, {} in the source, readable with the keys of zone local only"
    assert texter["phone"] == sealed.format("string") + "; the same in silver."
    assert texter["birth_date"] == sealed.format("date") + "; the same in silver."
    assert texter["notes"] == sealed.format("string") + "; scrubbed on its way to silver."
    assert (
        event["payload"]
        == sealed.format("string") + "; held back from silver, because no key of the data asset names it."
    )
    assert all({**texter, **event}.values())
    assert table_comment(lake, "local_bronze.platformdb.texter").startswith(DESCRIPTION)


def test_silver_says_why_a_value_is_null(lake: Lake) -> None:
    texter, event = (comments(lake, f"local_silver.platformdb.{t}") for t in TABLES)
    assert texter["notes"] == (
        "NULL in every row, because no scrubber is configured for this text; bronze holds it encrypted."
    )
    assert texter["phone"] == (
        "Encrypted with AES-256-GCM, the same as in bronze: readable with the keys of zone local only."
    )
    assert texter["phone_token"] == "Keyed token of phone: joins rows of the zone, shows no value."
    assert "payload" not in event
    assert "Held back until classified: payload." in str(event["_contract"])
    assert "Held back until classified: payload." in table_comment(lake, "local_silver.platformdb.operational_event")
    assert all({**texter, **event}.values())


def test_comments_follow_the_description_by_a_commit_without_rows_and_only_once(lake: Lake) -> None:
    before = lake.versions("bronze")
    lake.edit(ASSETS, (DESCRIPTION, "People who it's about"))
    plan = {p.table: p for p in lake.project.plan(LOAD, exact=True)}
    assert plan["texter"].schema_changes == ("~ comments of 1 column(s)",)
    assert plan["operational_event"].schema_changes == ()
    done = {t.table: t for t in lake.project.run(LOAD).tables}
    assert done["texter"].status is Status.SUCCEEDED
    assert done["texter"].counts.changed == 0
    assert done["operational_event"].status is Status.UNCHANGED
    after = lake.versions("bronze")
    assert after["operational_event"] == before["operational_event"]
    assert str(comments(lake, "local_bronze.platformdb.texter")["id"]).endswith("People who it's about")
    assert table_comment(lake, "local_bronze.platformdb.texter").startswith("People who it's about")
    silver = {t.table: t for t in lake.project.run(SILVER).tables}
    assert silver["texter"].counts.changed == 0
    assert str(comments(lake, "local_silver.platformdb.texter")["id"]).endswith("People who it's about")
    for job in (LOAD, SILVER):  # and then there is nothing to do
        assert {t.status for t in lake.project.run(job).tables} == {Status.UNCHANGED}
    assert lake.versions("bronze") == after


def test_a_rebuild_brings_new_comments_with_the_rows(lake: Lake) -> None:
    lake.edit(ASSETS, ("encrypted: [phone, first_name, birth_date]", "encrypted: [phone, first_name]"))
    lake.project.run(LOAD)
    done = {t.table: t for t in lake.project.run(SILVER).tables}
    assert done["texter"].mode is Mode.REBUILD
    silver = comments(lake, "local_silver.platformdb.texter")
    assert silver["birth_date"] == "In clear, as in the source."
    assert "declared clear since" in str(comments(lake, "local_bronze.platformdb.texter")["birth_date"])


def test_a_scrubber_changes_what_the_comment_says(lake: Lake) -> None:
    project = lake.project
    ToSilver(scrubber("same")).run(
        project.workspace, project.workspace.job(SILVER), spark=lake.spark, tables=["texter"]
    )
    assert comments(lake, "local_silver.platformdb.texter")["notes"] == "Scrubbed of personal details."
