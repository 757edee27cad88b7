"""What leaves a plan: addresses and actions, and a digest that knows an approved plan again."""

import copy
import json

from havenlake.deploy.plans import summary


def resource(address, *actions, **after):
    return {"address": address, "change": {"actions": list(actions), "after": after, "after_unknown": {"id": True}}}


PLANS = {
    "etl": {
        "resource_changes": [
            resource('databricks_job.this["load"]', "update", name="ctl-dev-load"),
            resource('databricks_job.this["old"]', "delete"),
            resource('databricks_job.this["same"]', "no-op", name="s"),
            resource("data.databricks_node_type.x", "read"),
        ]
    },
    "workspace-catalogs": {"resource_changes": [resource("databricks_schema.a", "delete", "create", token="s3cret")]},
}


def test_changes_are_counted_and_named_without_values():
    found = summary(PLANS)
    assert found.changed
    assert found.counts == {"delete": 1, "replace": 1, "update": 1}
    told = "\n".join(found.lines())
    assert told.startswith("1 to delete, 1 to replace, 1 to update")
    assert 'delete   etl: databricks_job.this["old"]' in told
    assert "same" not in told
    assert "s3cret" not in told + found.digest


def test_nothing_to_change():
    quiet = summary({"etl": {"resource_changes": [resource("a.b", "no-op")]}, "guard": {}})
    assert not quiet.changed
    assert quiet.lines() == ("nothing to change",)


def test_the_digest_knows_the_same_plan_again_in_any_order():
    turned = json.loads(json.dumps(PLANS))
    turned["etl"]["resource_changes"].reverse()
    assert summary(dict(reversed(turned.items()))).digest == summary(PLANS).digest


def test_the_digest_tells_any_other_plan():
    digest = summary(PLANS).digest
    for change in (
        lambda p: p["etl"]["resource_changes"][0]["change"]["after"].update(name="ctl-dev-other"),
        lambda p: p["etl"]["resource_changes"][0]["change"].update(actions=["create"]),
        lambda p: p["etl"]["resource_changes"][0].update(address="databricks_job.that"),
        lambda p: p["etl"]["resource_changes"].pop(1),
        lambda p: p["workspace-catalogs"]["resource_changes"][0]["change"]["after"].update(token="other"),
    ):
        other = copy.deepcopy(PLANS)
        change(other)
        assert summary(other).digest != digest
