mock_provider "databricks" {}

variables {
  instance = "ctl-dev"
  managers = "ctl-dev-deployers"
  scopes   = { ctl-dev-keys = { readers = ["etl-id"] }, ctl-dev-datadog = { readers = ["etl-id", "ctl-dev-engineers"] } }
}

run "readers_only_read" {
  command = plan

  assert {
    condition     = alltrue([for acl in databricks_secret_acl.reader : acl.permission == "READ"]) && length(databricks_secret_acl.reader) == 3
    error_message = "Readers read; only the managers manage."
  }
  assert {
    condition     = output.scopes == tolist(["ctl-dev-datadog", "ctl-dev-keys"])
    error_message = "Both scopes are there."
  }
}

run "refuses_a_scope_of_another_instance" {
  command = plan
  variables {
    scopes = { ctl-prod-keys = {} }
  }
  expect_failures = [var.scopes]
}

run "refuses_a_scope_that_everybody_reads" {
  command = plan
  variables {
    scopes = { ctl-dev-datadog = { readers = ["users"] } }
  }
  expect_failures = [var.scopes]
}

run "refuses_many_readers_of_keys" {
  command = plan
  variables {
    scopes = { ctl-dev-keys = { readers = ["a", "b", "c"] } }
  }
  expect_failures = [var.scopes]
}
