"""Which sinks a run has: those its configuration names, none that leave a laptop, each opened by its own thread."""

import pytest

from havenlake.config import load_project
from havenlake.config.monitoring import Monitoring
from havenlake.errors import HavenlakeError
from havenlake.monitoring.opening import sinks_of
from havenlake.runtime.secrets import EnvironmentSecrets, environment_name
from tests.monitoring.runs import DEV, JOB, PROJECT, run, tell
from tests.reports.ledgers import result

ROOT = PROJECT.root
ALL = {
    "datadog_site": "datadoghq.com",
    "otlp": {"endpoint": "https://collector.example", "token": {"scope": "s", "key": "otlp"}},
    "lineage": {"url": "https://lineage.example"},
    "file": "telemetry",
    "terminal": True,
    "notifications": {
        "webhooks": (
            {"kind": "slack", "host": "hooks.slack.com", "url": {"scope": "s", "key": "slack"}},
            {"kind": "teams", "host": "x.logic.azure.com", "url": {"scope": "s", "key": "teams"}},
        ),
        "email": {"host": "mail.example", "sender": "a@b.example", "recipients": ("c@d.example",)},
    },
}


def with_monitoring(config, monitoring):
    from dataclasses import replace

    facts = config.vars.model_copy(update={"monitoring": Monitoring.model_validate(monitoring)})
    return replace(config, vars=facts)


def test_every_place_that_is_named_has_its_sink():
    found = sinks_of(with_monitoring(DEV, ALL), JOB, EnvironmentSecrets())
    assert list(found) == ["file", "terminal", "datadog", "otlp", "openlineage", "slack-1", "teams-2", "email"]


@pytest.mark.parametrize("job", ["full_load_job", "bronze_to_silver_job", "maintain", "freshness_job"])
def test_jobs_of_a_deployed_workspace_tell_datadog(job):
    assert list(sinks_of(DEV, DEV.job(job), EnvironmentSecrets())) == ["datadog"]


def test_nothing_leaves_a_laptop():
    local = PROJECT.workspace("local")
    moved = load_project(ROOT, "ctl-prod", local=ROOT / "lake").workspace("ctl-prod")
    assert list(sinks_of(local, local.job("full_load_job"), EnvironmentSecrets())) == ["file"]
    assert list(sinks_of(moved, moved.job("full_load_job"), EnvironmentSecrets())) == ["file"]
    forced = with_monitoring(local, ALL)
    assert list(sinks_of(forced, DEV.job("full_load_job"), EnvironmentSecrets())) == ["file", "terminal"]


def test_a_missing_api_key_is_one_clear_warning_and_the_run_goes_on(caplog, monkeypatch):
    monkeypatch.delenv(environment_name("ctl-dev-datadog", "api-key"), raising=False)
    kept = tell(run("r1", result("message")), sinks_of(DEV, JOB, EnvironmentSecrets()))
    (warning,) = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert warning.startswith("HL-SEC-001 secret ctl-dev-datadog/api-key is missing (set the environment variable")
    assert [d.delivered for d in kept.rows] == [False]


def test_an_opened_secret_is_hidden_in_logs(monkeypatch):
    from havenlake.runtime.logs import redacted

    monkeypatch.setenv(environment_name("s", "slack"), "https://hooks.elsewhere.example/zk-opened-webhook")
    found = sinks_of(with_monitoring(DEV, ALL), JOB, EnvironmentSecrets())
    with pytest.raises(HavenlakeError, match="HL-RES-001"):
        found["slack-1"]()
    assert redacted("posted to https://hooks.elsewhere.example/zk-opened-webhook") == "posted to <hidden>"
