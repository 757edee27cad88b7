mock_provider "databricks" {}

variables {
  instance   = { name = "ctl-dev", env = "dev", zone = "us" }
  owner      = "data-platform@ctl.example"
  policies   = { etl = { principals = ["etl-id"], runtimes = ["17.3.x-scala2.13"] }, analyst = { users = ["ctl-dev-analysts"] } }
  warehouses = { main = { users = ["ctl-dev-analysts"] } }
  pools      = { quick = { node_type = "m6gd.xlarge", max_capacity = 8 } }
}

run "tags_cannot_be_left_out" {
  command = plan

  assert {
    condition     = alltrue([for policy in databricks_cluster_policy.this : jsondecode(policy.definition)["custom_tags.instance"].value == "ctl-dev"])
    error_message = "Every policy fixes the instance tag."
  }
  assert {
    condition     = jsondecode(databricks_cluster_policy.this["etl"].definition)["spark_version"].values == ["17.3.x-scala2.13"]
    error_message = "The runtime is the instance's own."
  }
  assert {
    condition     = databricks_instance_pool.this["quick"].custom_tags.owner == "data-platform@ctl.example"
    error_message = "A pool carries its owner."
  }
}

run "every_reviewed_policy_encrypts_disks_and_keeps_unity_catalog" {
  command = plan

  assert {
    condition = alltrue([
      for policy in databricks_cluster_policy.this :
      jsondecode(policy.definition)["enable_local_disk_encryption"].value &&
      contains(["SINGLE_USER", "USER_ISOLATION"], jsondecode(policy.definition)["data_security_mode"].value)
    ])
    error_message = "Spill files are encrypted, and no mode goes around Unity Catalog."
  }
}

run "refuses_a_policy_without_a_file" {
  command = plan
  variables {
    policies = { elt = {} }
  }
  expect_failures = [var.policies]
}

run "refuses_a_policy_for_everybody" {
  command = plan
  variables {
    policies = { etl = { users = ["users"] } }
  }
  expect_failures = [var.policies]
}

run "refuses_a_warehouse_that_never_stops" {
  command = plan
  variables {
    warehouses = { main = { auto_stop = 0 } }
  }
  expect_failures = [var.warehouses]
}

run "refuses_an_unknown_size" {
  command = plan
  variables {
    warehouses = { main = { size = "Huge" } }
  }
  expect_failures = [var.warehouses]
}

run "refuses_a_pool_that_idles" {
  command = plan
  variables {
    pools = { quick = { node_type = "m6gd.xlarge", max_capacity = 8, min_idle = 8 } }
  }
  expect_failures = [var.pools]
}
