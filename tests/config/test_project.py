"""Projects as a whole: the design's documents, fingerprints, `--local`, and the job of `main(**config)`."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from havenlake.config import FullLoadInput, ToSilverInput, find_root, job_from_mapping, load_project
from havenlake.config.workspace import Workspace
from havenlake.errors import ConfigErrors, HavenlakeError

BASE = Path(__file__).parent / "base"
REPOSITORY = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)

JOBS = """\
definitions:
  datadog_api_key: &datadog_api_key {scope: ctl-dev-datadog, key: api-key}
  platform_db_tables: &platform_db_tables [message, reporting_log_value]
  data_assets_config: &data_assets_config data-assets/ctl-dev/ctl-dev-platform-db.yaml
  OM_global_labels: &OM_global_labels {team: data-platform}

stages:
  raw_to_landing:
    spark_jobs:
      full_load_job:
        app_name: full_load_job
        job_input:
          datadog_api_key_config:
            <<: *datadog_api_key
          load_base_path: "s3://XXXXXXX"
          tables_for_processing: *platform_db_tables
          data_assets_config: *data_assets_config
        job_output:
          schema: ctl_dev_bronze.platformdb
        operational_monitoring:
          labels:
            <<: *OM_global_labels
            job_name: full_load_job
"""
ASSETS = """\
message:
  identity: [id]
  encrypted: [message]
  scrubbing: [message]
  md5_checksum: [message, status, type, timestamp]
reporting_log_value:
  identity: [id]
  scrubbing: [value]
  md5_checksum: [question_id, value, group_number]
"""


@pytest.fixture
def design(tmp_path):
    """A repository that holds the two documents of the design, unchanged."""
    shutil.copytree(REPOSITORY / "workspaces" / "ctl-dev", tmp_path / "workspaces" / "ctl-dev")
    zones = (REPOSITORY / "workspaces" / "residency-zones.yaml").read_text()
    declared = '      - {place: "s3://XXXXXXX", holds: rows}\n'
    (tmp_path / "workspaces" / "residency-zones.yaml").write_text(zones.replace("places:\n", f"places:\n{declared}", 1))
    jobs = tmp_path / "jobs-configuration" / "ctl-dev" / "ctl-dev-jobs-configs.yaml"
    assets = tmp_path / "data-assets" / "ctl-dev" / "ctl-dev-platform-db.yaml"
    for file, text in ((jobs, JOBS), (assets, ASSETS)):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return tmp_path


def test_the_designs_two_documents_load_unchanged(design):
    config = load_project(design, "ctl-dev", today=TODAY).workspace("ctl-dev")
    job = config.job("full_load_job")
    assert isinstance(job.job_input, FullLoadInput)
    assert job.job_input.load_base_path == "s3://XXXXXXX"
    assert job.job_input.datadog_api_key_config.scope == "ctl-dev-datadog"
    assert job.tables == ("message", "reporting_log_value")
    assert str(job.job_output.name) == "ctl_dev_bronze.platformdb"
    assert job.operational_monitoring.labels == {"team": "data-platform", "job_name": "full_load_job"}
    message = config.assets_of(job)["message"]
    assert message.encrypted == message.scrubbing == ("message",)
    assert message.md5_checksum == ("message", "status", "type", "timestamp")


def test_a_list_of_asset_files_is_taken_too(design):
    jobs = design / "jobs-configuration" / "ctl-dev" / "ctl-dev-jobs-configs.yaml"
    path = "data-assets/ctl-dev/ctl-dev-platform-db.yaml"
    jobs.write_text(JOBS.replace(f"&data_assets_config {path}", f"&data_assets_config [{path}]"))
    job = load_project(design, "ctl-dev", today=TODAY).workspace("ctl-dev").job("full_load_job")
    assert job.job_input.data_assets_config == (path,)


def load(root=BASE, **options):
    return load_project(root, today=TODAY, **options).workspace("acme")


def changed(tmp_path, file, old, new):
    root = tmp_path / "changed"
    if not root.exists():
        shutil.copytree(BASE, root)
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))
    return load(root)


ASSET_FILE = "data-assets/acme/acme-db.yaml"
JOBS_FILE = "jobs-configuration/acme/acme-jobs-configs.yaml"


def test_defaults_hold_for_every_asset_that_does_not_say_otherwise(tmp_path):
    config = changed(tmp_path, ASSET_FILE, "visit:\n", "visit:\n  owner: other@acme.example\n")
    owners = {name: asset.owner for name, asset in config.assets[ASSET_FILE].assets.items()}
    assert owners == {"person": "data@acme.example", "visit": "other@acme.example", "note": "data@acme.example"}


def test_fingerprints_are_stable_and_change_with_what_they_cover(tmp_path):
    config = load()
    job = config.job("load")
    assert config.fingerprint(job) == load().fingerprint(load().job("load"))
    described = changed(tmp_path, ASSET_FILE, "data@acme.example", "else@acme.example")
    assert described.fingerprint(described.job("load")) != config.fingerprint(job)
    assert described.contract_fingerprint(described.job("load"), "note") == config.contract_fingerprint(job, "note")
    shaped = changed(tmp_path, ASSET_FILE, "{status: clear}", "{status: encrypt}")
    assert shaped.contract_fingerprint(shaped.job("load"), "note") != config.contract_fingerprint(job, "note")
    assert shaped.contract_fingerprint(shaped.job("load"), "visit") == config.contract_fingerprint(job, "visit")


def test_comments_and_anchors_change_no_fingerprint(tmp_path):
    config = load()
    written = changed(tmp_path, JOBS_FILE, "data_assets_config: *assets", f"data_assets_config: {ASSET_FILE} # in full")
    assert written.fingerprint(written.job("load")) == config.fingerprint(config.job("load"))


def test_an_unknown_job_or_workspace_names_the_nearest():
    with pytest.raises(HavenlakeError, match="HL-RUN-005") as caught:
        load().job("lod")
    assert caught.value.hint == "did you mean 'load'?"
    with pytest.raises(HavenlakeError, match="HL-CFG-014") as caught:
        load_project(BASE, "acmee", today=TODAY)
    assert caught.value.hint == "did you mean 'acme'?"


def test_models_refuse_changes():
    config = load()
    with pytest.raises(ValueError, match="frozen"):
        config.vars.country = "CA"
    with pytest.raises(TypeError):
        config.jobs["x"] = None
    with pytest.raises(TypeError):
        config.assets[ASSET_FILE].assets["note"] = None
    with pytest.raises(TypeError):
        config.assets[ASSET_FILE].assets["note"].columns["status"] = "encrypt"
    assert hash(config.assets[ASSET_FILE].assets["note"])


def test_local_puts_everything_under_one_folder(tmp_path):
    config = load(local=tmp_path)
    assert config.vars.zone == "local"
    assert config.vars.warehouse == tmp_path.as_posix()
    assert config.vars.keyring is None
    assert config.vars.monitoring.datadog_site is None
    assert config.vars.staging is None
    assert config.vars.country == "US"
    assert config.vars.landing == (f"{tmp_path}/landing/acme-landing",)
    assert config.job("load").job_input.load_base_path == f"{tmp_path}/landing/acme-landing/db"
    assert config.vars.warehouse_path(config.root) == tmp_path
    assert load().vars.zone == "us"


def test_a_local_workspace_moves_with_its_landing_folder(tmp_path):
    config = load_project(REPOSITORY, "local", local=tmp_path).workspace("local")
    assert config.job("full_load_job").job_input.load_base_path == f"{tmp_path}/landing/platformdb"


def document(workspace="acme", root=BASE):
    return load_project(root, workspace, today=TODAY).workspace(workspace).jobs_document


def test_nodes_tell_main_which_job_they_are():
    config = document()["stages"]["raw_to_landing"]["spark_jobs"]["load"]
    workspace, job = job_from_mapping({**config})
    assert (workspace.vars.name, job.workspace, job.name, job.stage) == ("acme", "acme", "load", "raw_to_landing")
    assert job == workspace.job("load")
    assert workspace.fingerprint(job) == load().fingerprint(load().job("load"))


def test_a_notebook_may_override_values_and_they_are_checked():
    config = {**document()["stages"]["raw_to_landing"]["spark_jobs"]["load"]}
    config["job_input"] = {**config["job_input"], "tables_for_processing": ["note"]}
    _, job = job_from_mapping(config)
    assert job.tables == ("note",)
    config["job_input"] = {**config["job_input"], "tables_for_processing": ["nope"]}
    with pytest.raises(ConfigErrors, match="HL-CFG-009"):
        job_from_mapping(config)


def test_plain_dicts_need_a_workspace():
    plain = document()["stages"]["raw_to_landing"]["spark_jobs"]["load"].plain()
    with pytest.raises(HavenlakeError, match="HL-CFG-015") as caught:
        job_from_mapping(plain)
    assert "workspace=" in (caught.value.hint or "")
    workspace, job = job_from_mapping(plain, "acme", BASE)
    assert (workspace.vars.name, job.name, job.stage) == ("acme", "load", "raw_to_landing")


def test_a_job_never_runs_as_another_workspace():
    config = document()["stages"]["raw_to_landing"]["spark_jobs"]["load"]
    with pytest.raises(HavenlakeError, match="HL-CFG-015"):
        job_from_mapping(config, "other")


def test_errors_in_a_plain_dict_say_which_key():
    plain = document()["stages"]["raw_to_landing"]["spark_jobs"]["load"].plain()
    plain["job_inptu"] = 1
    with pytest.raises(ConfigErrors, match="job_inptu"):
        job_from_mapping(plain, "acme", BASE)
    with pytest.raises(HavenlakeError, match="HL-CFG-005"):
        job_from_mapping({}, "acme", BASE)


def test_a_mapping_can_run_locally(tmp_path):
    config = document()["stages"]["raw_to_landing"]["spark_jobs"]["load"]
    workspace, job = job_from_mapping(config, local=tmp_path)
    assert workspace.vars.zone == "local"
    assert job.job_input.load_base_path == f"{tmp_path}/landing/acme-landing/db"


def test_the_root_is_found_upwards(tmp_path):
    (tmp_path / "workspaces").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_root(tmp_path / "a" / "b") == tmp_path.resolve()


def test_no_root_is_a_coded_error():
    with pytest.raises(HavenlakeError, match="HL-CFG-008"):
        find_root(Path("/"))


def test_an_instance_without_bronze_says_so():
    facts = load_project(REPOSITORY, "ctl-datascience").workspace("ctl-datascience").vars
    assert isinstance(facts, Workspace)
    assert facts.catalog("silver") == "ctl_prod_silver"
    with pytest.raises(HavenlakeError, match="HL-CFG-011"):
        facts.catalog("bronze")


def test_silver_reads_bronze():
    job = load().job("silver")
    assert isinstance(job.job_input, ToSilverInput)
    assert job.job_input.bronze.catalog == "acme_bronze"
