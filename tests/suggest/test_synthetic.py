"""Drafts of the synthetic database, measured against what this repository's own assets say."""

import pytest

from havenlake.config import load_project
from havenlake.config.classification import Treatment, classified_columns, treatment
from havenlake.suggest import asset_text
from havenlake.synthetic import PlatformDatabase, manifest, write_export
from havenlake.synthetic.schemas import SENSITIVE, TABLES, schema
from tests.suggest.drafts import REPOSITORY, drafted, loaded

MESSAGES = 4_000


def own_assets():
    workspace = load_project(REPOSITORY, "local").workspace("local")
    return workspace.assets_of(workspace.job("full_load_job"))


@pytest.fixture(scope="module", params=["parquet us", "parquet eu", "csv eu", "jsonl ca"])
def case(request):
    return request.param.split()


@pytest.fixture(scope="module")
def kind(case):
    return case[0]


@pytest.fixture(scope="module")
def database(case):
    return PlatformDatabase(MESSAGES, 7, case[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory, kind, database):
    root = tmp_path_factory.mktemp("export")
    write_export(database, root, format=kind, files_per_table=3)
    return root


@pytest.fixture(scope="module")
def found(folder):
    return drafted(folder)


@pytest.fixture(scope="module")
def assets(found, tmp_path_factory):
    return loaded(found, tmp_path_factory.mktemp("project"))


def test_every_table_has_the_identity_of_the_repositorys_assets(assets):
    assert {table: asset.identity for table, asset in assets.items()} == dict.fromkeys(TABLES, ("id",))


def test_every_column_that_the_repository_protects_is_proposed_as_such(assets):
    for table, own in own_assets().items():
        assert set(own.scrubbed_columns) <= set(assets[table].scrubbed_columns), table
        assert set(own.encrypted_columns) <= {*assets[table].encrypted_columns}, table
    for table, columns in SENSITIVE.items():  # and what the repository holds back by naming it nowhere
        assert set(columns) <= {*assets[table].encrypted_columns, *assets[table].scrubbed_columns}, table


WORDS_OF_STAFF = {
    ("reporting_question", "text"),
    ("content_resource", "title"),
    ("content_resource", "url"),
    ("content_resource", "body"),
}
UNTYPED = {("conversation", "tags"), ("shift", "hours")}
"""A list in a text file looks like any JSON, and ten rows are too few to trust numbers."""


def test_columns_protected_without_need_are_these_and_no_others(assets, kind):
    own = own_assets()
    sealed = (Treatment.ENCRYPTED, Treatment.SCRUBBED)
    over = {
        (table, column)
        for table, asset in assets.items()
        for column in schema(table).names
        if treatment(asset, column, "string") in sealed and column not in SENSITIVE.get(table, ())
    }
    assert WORDS_OF_STAFF <= over <= (WORDS_OF_STAFF if kind == "parquet" else WORDS_OF_STAFF | UNTYPED)
    assert all(column in classified_columns(own[table]) for table, column in over)


def test_no_column_that_can_carry_text_is_left_without_a_word(assets, kind):
    for table, asset in assets.items():
        for field in schema(table):
            text = kind != "parquet" or str(field.type) in ("string", "list<item: string>", "list<element: string>")
            assert not text or field.name in classified_columns(asset), f"{table}.{field.name}"


def test_contexts_are_those_of_the_repository_where_rows_have_a_person(assets):
    for table in ("texter", "conversation", "responder"):
        assert assets[table].context.country == "country_code"
    vias = {t: (a.context.via, dict(a.context.on)) for t, a in assets.items() if a.context and a.context.via}
    assert vias == {
        "message": ("conversation", {"conversation_id": "id"}),
        "reporting_log": ("conversation", {"conversation_id": "id"}),
        "reporting_log_value": ("reporting_log", {"reporting_log_id": "id"}),
        "shift": ("responder", {"responder_id": "id"}),
    }


def test_event_times_and_tokens(assets):
    times = {table: asset.freshness.event_time for table, asset in assets.items() if asset.freshness}
    assert times["message"] == "timestamp"
    assert times["conversation"] == "started_at"
    assert times["operational_event"] == "occurred_at"
    assert assets["texter"].tokens == ("phone",)
    assert assets["responder"].tokens == ("email",)


def test_nothing_planted_stands_in_the_file(found, database):
    text = asset_text(found)
    probes = manifest(database).clear_text_probes(per_column=1_000)
    assert len(probes) > 500
    assert [probe for probe in probes if len(probe) > 4 and probe in text] == []


def test_a_sample_of_a_few_rows_is_as_safe(folder, tmp_path):
    few = loaded(drafted(folder, rows=10), tmp_path)
    for table, columns in SENSITIVE.items():
        assert set(columns) <= {*few[table].encrypted_columns, *few[table].scrubbed_columns}, table
