mock_provider "databricks" {
  mock_resource "databricks_group" {
    defaults = { id = "11" }
  }
  mock_resource "databricks_service_principal" {
    defaults = { id = "22", application_id = "00000000-0000-0000-0000-000000000022" }
  }
}

mock_provider "databricks" {
  alias = "account"
  mock_resource "databricks_group" {
    defaults = { id = "11" }
  }
  mock_resource "databricks_service_principal" {
    defaults = { id = "22", application_id = "00000000-0000-0000-0000-000000000022" }
  }
}

variables {
  instance   = { name = "ctl-dev", workspace_id = 101 }
  account_id = "00000000-0000-0000-0000-00000000000a"
  groups     = { deployers = { permission = "ADMIN" }, analysts = { sql_access = true } }
  principals = {
    etl       = {}
    terraform = { groups = ["deployers"], subjects = { apply = "repo:helpline@123/havenlake@456:environment:ctl-dev" } }
  }
  run_as_users = ["etl"]
}

run "principals_enter_their_workspace" {
  assert {
    condition     = databricks_service_principal.this["etl"].display_name == "ctl-dev-etl"
    error_message = "A principal carries its instance's name."
  }
  assert {
    condition     = databricks_mws_permission_assignment.group["deployers"].permissions == toset(["ADMIN"])
    error_message = "Only deployers administer the workspace."
  }
  assert {
    condition     = databricks_mws_permission_assignment.principal["etl"].principal_id == 22
    error_message = "The principal's own number is assigned."
  }
  assert {
    condition     = output.application_ids.etl == "00000000-0000-0000-0000-000000000022"
    error_message = "run_as needs the application id."
  }
  assert {
    condition     = databricks_service_principal_federation_policy.this["terraform/apply"].oidc_policy.audiences == tolist(["00000000-0000-0000-0000-00000000000a"])
    error_message = "Tokens are meant for this account only."
  }
}

run "refuses_a_subject_without_ids" {
  command = plan
  variables {
    principals = { terraform = { subjects = { apply = "repo:helpline/havenlake:environment:ctl-dev" } }, etl = {} }
  }
  expect_failures = [var.principals]
}

run "refuses_a_branch_as_subject" {
  command = plan
  variables {
    principals = { terraform = { subjects = { apply = "repo:helpline@123/havenlake@456:ref:refs/heads/main" } }, etl = {} }
  }
  expect_failures = [var.principals]
}

run "refuses_an_unknown_group" {
  command = plan
  variables {
    principals = { etl = { groups = ["admins"] } }
  }
  expect_failures = [var.principals]
}

run "refuses_an_unknown_permission" {
  command = plan
  variables {
    groups = { deployers = { permission = "OWNER" } }
  }
  expect_failures = [var.groups]
}

run "refuses_an_account_that_is_none" {
  command = plan
  variables {
    account_id = "main"
  }
  expect_failures = [var.account_id]
}
