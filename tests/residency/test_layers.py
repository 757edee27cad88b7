"""Each misconfiguration is refused by loading; with that bypassed by plan and session; and at the place itself.

The cases stand in `cases.yaml`, which other guards share.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from havenlake.applications.registry import application
from havenlake.config import Workspace, Zones, load_project
from havenlake.config.jobs import JobOutput
from havenlake.config.nodes import frozen
from havenlake.errors import ConfigErrors, HavenlakeError
from havenlake.names import TableName
from havenlake.privacy import Keyring
from havenlake.residency import PlaceGuard
from havenlake.runner.environment import open_environment
from havenlake.runtime.region import session_region
from havenlake.runtime.storage import Storage
from havenlake.tables import DeltaStore

TABLE = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
ZONES = Zones.model_validate(frozen(TABLE["zones_file"]))
CASES = TABLE["misconfigurations"]
ASSETS = "data-assets/us-prod/us-prod-db.yaml"


class FixedClock:
    """A day, as the case has it."""

    def __init__(self, day: str) -> None:
        self._day = date.fromisoformat(day)

    def now(self) -> datetime:
        return datetime(self._day.year, self._day.month, self._day.day, tzinfo=UTC)


class NoSpark:
    """Stands for a session of a workspace; a guard that reached it too late would fail on it."""

    def __init__(self, region: str = "us-east-1") -> None:
        self._region = region

    def sql(self, text: str) -> NoSpark:
        assert text == "SELECT current_metastore()"
        return self

    def collect(self) -> list[list[str]]:
        return [[f"aws:{self._region}:0000"]]


def jobs(case: dict | None = None) -> dict:
    found: dict = {}
    for name, job in TABLE["jobs"].items():
        changed = case is not None and case.get("job") == name
        given = {**job["job_input"], **(case.get("input", {}) if changed else {})}
        own = {k: v for k, v in given.items() if v is not None}
        output = {"schema": case["output"]} if changed and "output" in case else job["job_output"]
        job_input = {**own, "tables_for_processing": ["message"], "data_assets_config": ASSETS}
        spec = {"app_name": name, "job_input": job_input, "job_output": output}
        found.setdefault(job["stage"], {"spark_jobs": {}})["spark_jobs"][name] = spec
    return {"stages": found}


def facts(case: dict | None = None) -> dict:
    return {k: v for k, v in {**TABLE["instance"], **(case or {}).get("instance", {})}.items() if v is not None}


def written(root: Path, case: dict | None = None) -> Path:
    """The instance and its jobs as files."""
    ingests = facts(case).get("ingests", True)
    files = {
        "workspaces/residency-zones.yaml": TABLE["zones_file"],
        "workspaces/us-prod/workspace-vars.yaml": facts(case),
        "jobs-configuration/us-prod/us-prod-jobs-configs.yaml": jobs(case) if ingests else {"stages": {}},
        ASSETS: {"message": {"identity": ["id"]}},
    }
    for file, content in files.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(yaml.safe_dump(content))
    return root


def day(case: dict) -> str:
    return case.get("today", TABLE["today"])


def bypassed(root: Path, case: dict):
    """The sound project with the case's keys put in afterwards: what loading would have let through unseen."""
    from dataclasses import replace

    config = load_project(written(root), "us-prod", today=date.fromisoformat(TABLE["today"])).workspace("us-prod")
    job = config.job(case.get("job", "full_load_job"))
    if "instance" in case:
        config = replace(config, vars=Workspace.model_validate(frozen(facts(case))))
    if "input" in case:
        given = jobs(case)["stages"][job.stage]["spark_jobs"][job.name]["job_input"]
        job = job.model_copy(update={"job_input": type(job.job_input).model_validate(frozen(given))})
    if "output" in case:
        job = job.model_copy(update={"job_output": JobOutput.model_validate({"schema": case["output"]})})
    return config, job


def code_of(act) -> str:
    with pytest.raises(HavenlakeError) as caught:
        act()
    return caught.value.code


def test_there_are_thirty_misconfigurations_and_the_instance_itself_is_sound(tmp_path):
    assert len(CASES) >= 30
    project = load_project(written(tmp_path), today=date.fromisoformat(TABLE["today"]))
    config = project.workspace("us-prod")
    guard = PlaceGuard(ZONES, config.vars, date.fromisoformat(TABLE["today"]))
    for job in config.jobs.values():
        guard.check_job(job)
    guard.check_region(session_region(NoSpark()))
    guard.check_target(TableName.parse("us_bronze.db.message"), "s3://us-landing/tables/x")
    guard.check_use("s3://us-landing/db", "rows")
    guard.check_sink("datadog:datadoghq.com")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"].replace(" ", "-"))
def test_loading_refuses(case, tmp_path):
    with pytest.raises(ConfigErrors) as caught:
        load_project(written(tmp_path, case), today=date.fromisoformat(day(case)))
    assert case["code"] in {e.code for e in caught.value.errors}, str(caught.value)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"].replace(" ", "-"))
def test_with_loading_bypassed_plan_and_session_refuse_each_by_itself(case, tmp_path):
    config, job = bypassed(tmp_path, case)
    clock = FixedClock(day(case))
    assert code_of(lambda: application(job.app_name).plan(config, job, spark=object(), clock=clock)) == case["code"]
    assert code_of(lambda: application(job.app_name).run(config, job, spark=object(), clock=clock)) == case["code"]
    started = {"run_id": "r", "attempt": 1, "layer": "bronze", "clock": clock}
    assert code_of(lambda: open_environment(NoSpark(), config, job, **started)) == case["code"]


@pytest.mark.parametrize("case", [c for c in CASES if "last" in c], ids=lambda c: c["name"].replace(" ", "-"))
def test_with_those_bypassed_the_layer_that_touches_the_place_refuses(case, tmp_path):
    config, _ = bypassed(tmp_path, case)
    last = case["last"]
    guard = PlaceGuard(config.zones, config.vars, date.fromisoformat(day(case)))
    acts = {
        "use": lambda: guard.check_use(last["use"], last["holds"]),
        "region": lambda: guard.check_region(last["region"]),
        "sink": lambda: guard.check_sink(last["sink"]),
        "table": lambda: writing(guard, last["table"]),
        "keyring": lambda: Keyring.from_json(Keyring.generate(last["keyring"]).to_json(), config.vars.zone),
    }
    (layer,) = last.keys() & acts.keys()
    assert code_of(acts[layer]) == last["code"]


class Placed(DeltaStore):
    """A store whose catalog says that every table lies in one place; None for tables that are not there yet."""

    def __init__(self, guard: PlaceGuard, place: str | None) -> None:
        super().__init__(NoSpark(), Storage(None, Path()), guard.check_target)
        self.place = place

    def location(self, name: TableName) -> str | None:
        return self.place if name else None


def writing(guard: PlaceGuard, table: str) -> None:
    """What every write of the store asks first."""
    Placed(guard, None).before_write(TableName.parse(table))


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("s3://eu-landing/tables/a", "HL-RES-001"),
        ("s3://us-logs/tables/a", "HL-RES-001"),
        ("s3://metastore-default/a", "HL-CFG-016"),
        ("/tmp/a", "HL-RES-001"),
        ("file:///tmp/a", "HL-RES-001"),
    ],
)
def test_a_table_that_lies_elsewhere_than_its_name_says_is_not_written(location, code, tmp_path):
    """The catalog is the instance's own; where it really keeps the table is not."""
    config = load_project(written(tmp_path), "us-prod").workspace("us-prod")
    store = Placed(PlaceGuard(ZONES, config.vars, date.fromisoformat(TABLE["today"])), location)
    assert code_of(lambda: store.append(TableName.parse("us_bronze.db.message"), None)) == code
    assert code_of(lambda: store.create(TableName.parse("us_bronze.db.message"), None, (), ())) == code


def test_a_session_of_another_region_does_not_start(tmp_path):
    config = load_project(written(tmp_path), "us-prod").workspace("us-prod")
    started = {"run_id": "r", "attempt": 1, "layer": "bronze", "clock": FixedClock(TABLE["today"])}
    job = config.job("full_load_job")
    assert open_environment(NoSpark(), config, job, **started).context.zone == "us"
    assert code_of(lambda: open_environment(NoSpark("eu-west-1"), config, job, **started)) == "HL-RES-005"
    assert code_of(lambda: open_environment(NoSpark(""), config, job, **started)) == "HL-RES-005"


def test_a_place_of_two_zones_belongs_to_neither():
    zones = {**TABLE["zones_file"]["zones"], "eu": {**TABLE["zones_file"]["zones"]["eu"]}}
    zones["eu"]["places"] = [*zones["eu"]["places"], {"place": "s3a://us-landing/", "holds": "rows"}]
    both = Zones.model_validate(frozen({**TABLE["zones_file"], "zones": zones}))
    config = Workspace.model_validate(frozen(facts()))
    guard = PlaceGuard(both, config, date.fromisoformat(TABLE["today"]))
    assert code_of(lambda: guard.check_use("s3://us-landing/db", "rows")) == "HL-CFG-002"


def test_a_value_that_is_copied_to_another_zone_opens_under_no_keyring_there():
    """Neither under the other zone's own keys, nor when the keyring itself is carried over and relabelled."""
    import pyarrow as pa

    from havenlake.privacy import Binding
    from havenlake.privacy.cipher import ColumnCipher
    from havenlake.privacy.tags import Tag

    ring, ids = Keyring.generate("us"), [pa.array([7], pa.int64())]
    here = ColumnCipher.of(ring, Binding("db.message", ["id"], "us"), "text")
    sealed = here.encrypt(pa.array([b"hi"], pa.binary()), ids, Tag.TEXT)
    assert here.decrypt(sealed, ids).to_pylist() == [b"hi"]
    there = Binding("db.message", ["id"], "eu")
    assert code_of(lambda: ColumnCipher.of(Keyring.generate("eu"), there, "text").decrypt(sealed, ids)) == "HL-KEY-004"
    carried = Keyring.from_json(ring.to_json().replace('"us"', '"eu"'))
    assert code_of(lambda: ColumnCipher.of(carried, there, "text").decrypt(sealed, ids)) == "HL-KEY-004"
