mock_provider "databricks" {}

variables {
  instance     = "ctl-prod"
  warehouse_id = "w"
  dashboards   = { freshness = { json = "{\"pages\": []}", viewers = ["ctl-prod-analysts"] } }
}

run "viewers_use_their_own_rights" {
  command = plan

  assert {
    condition     = databricks_dashboard.this["freshness"].embed_credentials == false
    error_message = "No rights are lent to viewers."
  }
  assert {
    condition     = one(databricks_permissions.dashboard["freshness"].access_control).permission_level == "CAN_READ"
    error_message = "Viewers read."
  }
}

run "refuses_text_that_is_no_dashboard" {
  command = plan
  variables {
    dashboards = { freshness = { json = "pages: []" } }
  }
  expect_failures = [var.dashboards]
}

run "refuses_a_dashboard_for_everybody" {
  command = plan
  variables {
    dashboards = { freshness = { json = "{\"pages\": []}", viewers = ["account users"] } }
  }
  expect_failures = [var.dashboards]
}
