from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from havenlake.sources._rds_manifest import Export, Incomplete, read_info, read_tables, tables_files

INFO = {
    "exportTaskIdentifier": "nightly",
    "snapshotTime": "2026-03-02T18:26:28.163Z",
    "taskStartTime": "2026-03-02T18:57:56.896Z",
    "taskEndTime": "2026-03-02T19:10:31.985Z",
    "status": "COMPLETE",
    "percentProgress": 100,
}


def info(**changes):
    merged = {key: value for key, value in {**INFO, **changes}.items() if value is not None}
    return read_info(json.dumps(merged), "from-name", "folder")


def test_a_complete_export():
    taken, ended = datetime(2026, 3, 2, 18, 26, 28, 163000, UTC), datetime(2026, 3, 2, 19, 10, 31, 985000, UTC)
    assert info() == Export("nightly", "folder", taken, ended)
    assert info(exportTaskIdentifier=None).identifier == "from-name"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Mar 2, 2026 6:26:28 PM", datetime(2026, 3, 2, 18, 26, 28, tzinfo=UTC)),
        ("Mar 2, 2026 6:26:28\u202fPM", datetime(2026, 3, 2, 18, 26, 28, tzinfo=UTC)),
        ("2026-03-02T20:26:28+02:00", datetime(2026, 3, 2, 18, 26, 28, tzinfo=UTC)),
    ],
)
def test_times_in_the_forms_of_manifests(text, taken):
    assert info(snapshotTime=text).taken == taken


def test_an_export_of_a_cluster_has_no_snapshot_time():
    assert info(snapshotTime=None).taken == datetime(2026, 3, 2, 18, 57, 56, 896000, UTC)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "IN_PROGRESS", "taskEndTime": None, "percentProgress": 40}, "its status is IN_PROGRESS"),
        ({"status": "CANCELED"}, "its status is CANCELED"),
        ({"percentProgress": 99}, "it is 99 % done"),
        ({"taskEndTime": "soon"}, "its manifest does not say when it was taken"),
        ({"status": None}, "its manifest cannot be read"),
    ],
)
def test_incomplete_exports(changes, why):
    found = info(**changes)
    assert isinstance(found, Incomplete)
    assert found.why == why


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"status":"COMP'])
def test_unreadable_manifests(text):
    assert read_info(text, "x", "x") == Incomplete("x", "x", "its manifest cannot be read")


def test_files_of_tables_in_order():
    names = [f"e/export_tables_info_e_from_{a}_to_{b}.json" for a, b in ((97, 192), (1, 96), (193, 200))]
    assert tables_files([*names, "e/export_info_e.json"]) == ([names[1], names[0], names[2]], None)
    assert "tables 97 to 192 is missing" in str(tables_files([names[1], names[2]])[1])
    assert tables_files(["e/export_info_e.json"])[1] == "the manifest of its tables is missing"


def entry(**changes):
    return {"target": "app.public.message", "status": "COMPLETE", **changes}


def test_tables_of_a_manifest():
    columns = {"originalTypeMappings": [{"columnName": "id", "expectedExportedType": "int64"}]}
    text = json.dumps(
        {
            "perTableStatus": [
                entry(schemaMetadata=columns),
                entry(target="shop.orders"),
                entry(target="app.public.odd name.v2"),
                entry(target="app", warningMessage="skipped", status="COMPLETE"),
            ]
        }
    )
    postgres, mysql, odd = read_tables(text)
    assert postgres.names == ("message", "public.message", "app.public.message")
    assert (postgres.folder, postgres.columns, postgres.why) == ("app/public.message", (("id", "int64"),), None)
    assert (mysql.names[1], mysql.folder) == ("shop.orders", "shop/shop.orders")
    assert odd.folder == "app/public.odd_name.v2"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "FAILED"}, "its status is FAILED"),
        ({"status": None}, "its status is None"),
        (
            {"tableStatistics": {"partitioningInfo": {"numberOfPartitions": 4, "numberOfCompletedPartitions": 3}}},
            "3 of 4 partitions are exported",
        ),
    ],
)
def test_incomplete_tables(changes, why):
    assert read_tables(json.dumps({"perTableStatus": [entry(**changes)]}))[0].why == why


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"perTableStatus":[{}]}'])
def test_other_forms_of_tables_are_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        read_tables(text)
