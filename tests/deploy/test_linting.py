"""The linter of monitors' queries: each rule with a query that it stops."""

import pytest

from havenlake.deploy.linting import Watched, count_faults, faults
from havenlake.metrics import METRICS

TABLES = ("platformdb.message", "platformdb.texter")
RATIO = "havenlake.table.freshness_ratio"
GOOD = f"min(last_30m):max:{RATIO}{{instance:ctl-prod AND table IN (platformdb.message)}} by {{layer,table}} > 1"
LOGS = 'logs("service:havenlake instance:ctl-prod @level:error").index("*").rollup("count").by("@job").last("15m") > 1'


def told(query, critical=1, kind="query alert"):
    return [why for why, _ in faults(Watched(kind, query, critical, "ctl-prod", TABLES))]


def test_good_queries_pass():
    assert told(GOOD) == []
    assert told(LOGS, kind="log alert") == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (RATIO, "havenlake.table.freshnes_ratio", "metric 'havenlake.table.freshnes_ratio' does not exist"),
        ("by {layer,table}", "by {layer,tabel}", f"tag of {RATIO} 'tabel' does not exist"),
        ("instance:ctl-prod", "instance:ctl-prod AND region:us", f"tag of {RATIO} 'region' does not exist"),
        ("> 1", "> 2", "query compares with 2, but critical is 1"),
        ("min(", "median(", "function over time 'median' does not exist"),
        ("last_30m", "last_31m", "window 'last_31m' does not exist"),
        ("max:", "most:", "aggregator 'most' does not exist"),
        ("instance:ctl-prod AND ", "", f"'{RATIO}' is not limited to the instance"),
        ("instance:ctl-prod", "instance:ctl-dev", f"'{RATIO}' is not limited to the instance"),
        ("instance:ctl-prod AND", "!instance:ctl-prod AND", f"'{RATIO}' is not limited to the instance"),
        ("instance:ctl-prod", "instance IN (ctl-prod,ctl-dev)", f"'{RATIO}' is not limited to the instance"),
        ("platformdb.message)", "platformdb.massage)", "table 'platformdb.massage' does not exist"),
        ("{layer,table} >", "{layer,table}.as_count() >", f"'{RATIO}' is a gauge, which has no '.as_count()'"),
        ("{layer,table} >", "{layer,table}.rollap(60) >", "function 'rollap' does not exist"),
    ],
)
def test_a_metric_query_that_breaks_the_contract_is_told(old, new, why):
    assert GOOD.count(old) == 1
    assert why in told(GOOD.replace(old, new))


RUNS = "sum(last_1h):sum:havenlake.table.runs{instance:ctl-prod,status:failed} by {table}.as_count() > 1"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (".as_count()", "", "'havenlake.table.runs' is a count and would be averaged"),
        (":sum:", ":avg:", "'havenlake.table.runs' is a count: 'avg' of it says nothing"),
        ("status:failed", "status:faild", "status 'faild' does not exist"),
        ("sum:havenlake", "defualt_zero(sum:havenlake", "query holds something that is neither a metric"),
        (" > 1", " == 1", "query is not of the form"),
        ("status:failed}", "status:failed OR instance:ctl-dev}", "query has a scope that is not understood"),
    ],
)
def test_a_query_of_counts_that_breaks_the_contract_is_told(old, new, why):
    assert told(RUNS) == []
    assert RUNS.count(old) == 1
    assert any(found.startswith(why) for found in told(RUNS.replace(old, new)))


def test_functions_around_a_metric_are_known_ones():
    good = "sum(last_1d):default_zero(sum:havenlake.run.heartbeat{instance:ctl-prod}.as_count()) < 1"
    assert told(good) == []
    assert "function 'default_zer' does not exist" in told(good.replace("default_zero", "default_zer"))


def test_two_metrics_of_a_query_are_grouped_alike():
    share = (
        "sum(last_4h):100 * sum:havenlake.table.runs{instance:ctl-prod,status:failed} by {table}.as_count()"
        " / sum:havenlake.table.runs{instance:ctl-prod}.as_count() > 1"
    )
    assert told(share) == ["query groups its metrics differently"]
    assert told(share.replace(" by {table}", "")) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("@level", "@levle", "field '@levle' does not exist"),
        ('.by("@job")', '.by("@jab")', "field '@jab' does not exist"),
        ("instance:ctl-prod ", "", "search is not limited to the instance"),
        ("instance:ctl-prod ", "instance:ctl-dev ", "search is not limited to the instance"),
        ('rollup("count")', 'rollup("sum")', "rollup 'sum' does not exist"),
        ('last("15m")', 'last("15min")', "window '15min' does not exist"),
        ("> 1", "> 7", "query compares with 7, but critical is 1"),
        ("@level:error", "error", "query searches for the bare word 'error': name the field it stands in"),
        ("@level:error", "@event:residency_violaton", "event 'residency_violaton' does not exist"),
        ("@level:error", "@actionName:createCatalog", "field '@actionName' does not exist"),
    ],
)
def test_a_log_query_that_breaks_the_contract_is_told(old, new, why):
    assert LOGS.count(old) == 1
    assert why in told(LOGS.replace(old, new), kind="log alert")


def test_a_query_of_another_type_is_told():
    assert told(LOGS)[0].startswith("query is not of the form")
    assert told(GOOD, kind="log alert")[0].startswith("query is not of the form")


def test_a_service_level_counts_events():
    good = "sum:havenlake.table.runs{instance:ctl-prod}.as_count()"
    assert count_faults(good, "ctl-prod", TABLES) == ()
    gauge = f"max:{RATIO}{{instance:ctl-prod}}"
    assert [why for why, _ in count_faults(gauge, "ctl-prod", TABLES)] == [f"'{RATIO}' is no count"]
    assert count_faults(good, "ctl-eu-prod", TABLES)


def test_every_metric_of_the_contract_can_be_asked_for():
    for metric in METRICS:
        term = f"sum:{metric.name}{{instance:ctl-prod}}.as_count()"
        if metric.kind == "gauge":
            term = f"avg:{metric.name}{{instance:ctl-prod}}"
        assert told(f"sum(last_1h):{term} > 1") == [], metric.name
