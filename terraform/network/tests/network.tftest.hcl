mock_provider "databricks" {}

variables {
  account_id = "00000000-0000-0000-0000-00000000000a"
  regions    = ["us-east-1"]
  workspaces = { ctl-dev = { workspace_id = 101, buckets = { ctl-dev-lake = "us-east-1" }, hosts = ["api.datadoghq.com"] } }
}

run "only_named_places" {
  command = plan

  assert {
    condition     = databricks_account_network_policy.this["ctl-dev"].egress.network_access.restriction_mode == "RESTRICTED_ACCESS"
    error_message = "Egress is restricted."
  }
  assert {
    condition     = databricks_account_network_policy.this["ctl-dev"].egress.network_access.policy_enforcement.enforcement_mode == "ENFORCED"
    error_message = "The policy is enforced, not tried out."
  }
  assert {
    condition     = databricks_workspace_network_option.this["ctl-dev"].network_policy_id == "ctl-dev-egress"
    error_message = "The workspace stands under its policy."
  }
}

run "refuses_a_bucket_outside_the_zone" {
  command = plan
  variables {
    workspaces = { ctl-dev = { workspace_id = 101, buckets = { x = "eu-west-1" } } }
  }
  expect_failures = [var.workspaces]
}

run "refuses_a_pattern_of_hosts" {
  command = plan
  variables {
    workspaces = { ctl-dev = { workspace_id = 101, buckets = {}, hosts = ["*.datadoghq.com"] } }
  }
  expect_failures = [var.workspaces]
}

run "refuses_a_name_that_is_too_long" {
  command = plan
  variables {
    workspaces = { a-name-that-is-much-too-long-for-it = { workspace_id = 101, buckets = {} } }
  }
  expect_failures = [var.workspaces]
}
