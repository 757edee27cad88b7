mock_provider "databricks" {}

variables {
  instance   = "ctl-dev"
  principals = { etl = "00000000-0000-0000-0000-000000000022" }
  policies   = { etl = "POLICY" }
  viewers    = ["ctl-dev-analysts", "ctl-dev-engineers"]
  runners    = ["ctl-dev-engineers"]
  jobs = {
    nightly = {
      name            = "ctl-dev-nightly"
      tags            = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }
      timeout_seconds = 3600
      run_as          = { service_principal_name = "etl" }
      schedule        = { quartz_cron_expression = "0 0 3 * * ?", timezone_id = "UTC" }
      job_clusters    = [{ job_cluster_key = "main", new_cluster = { policy_id = "etl", spark_version = "17.3.x-scala2.13", autoscale = { min_workers = 1, max_workers = 2 } } }]
      environments    = [{ environment_key = "default", spec = { environment_version = "4", dependencies = ["/Volumes/w.whl"] } }]
      health          = { rules = [{ metric = "RUN_DURATION_SECONDS", op = "GREATER_THAN", value = 1800 }] }
      parameters      = [{ name = "tables", default = "" }]
      tasks = [
        { task_key = "silver", depends_on = [{ task_key = "bronze" }], environment_key = "default", python_wheel_task = { package_name = "havenlake", entry_point = "run" } },
        { task_key = "bronze", job_cluster_key = "main", notebook_task = { notebook_path = "/Workspace/n" }, libraries = [{ whl = "/Volumes/w.whl" }] },
      ]
    }
  }
}

run "logical_names_become_ids" {
  assert {
    condition     = databricks_job.this["nightly"].run_as[0].service_principal_name == "00000000-0000-0000-0000-000000000022"
    error_message = "run_as names a principal by its application id."
  }
  assert {
    condition     = databricks_job.this["nightly"].job_cluster[0].new_cluster[0].policy_id == "POLICY"
    error_message = "The cluster stands under its policy."
  }
  assert {
    condition     = [for task in databricks_job.this["nightly"].task : task.task_key] == ["bronze", "silver"]
    error_message = "Tasks come in the order of their keys."
  }
  assert {
    condition     = databricks_job.this["nightly"].edit_mode == "UI_LOCKED" && databricks_job.this["nightly"].queue[0].enabled
    error_message = "Nobody edits a deployed job by hand, and a late run waits."
  }
  assert {
    condition     = length(databricks_permissions.job["nightly"].access_control) == 2
    error_message = "A group has one permission: the higher one."
  }
}

run "refuses_a_foreign_name" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-prod-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [], tasks = [{ task_key = "a", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_an_unknown_principal" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "alice@ctl.example" }, job_clusters = [], tasks = [{ task_key = "a", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_an_unknown_policy" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [{ job_cluster_key = "main", new_cluster = { policy_id = "elt", spark_version = "17.3.x-scala2.13" } }], tasks = [{ task_key = "a", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_a_mode_around_unity_catalog" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [{ job_cluster_key = "main", new_cluster = { policy_id = "etl", spark_version = "17.3.x-scala2.13", data_security_mode = "NONE" } }], tasks = [{ task_key = "a", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_a_job_without_a_timeout" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 0, run_as = { service_principal_name = "etl" }, job_clusters = [], tasks = [{ task_key = "a", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_a_missing_tag" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [], tasks = [{ task_key = "a", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_a_task_that_does_nothing" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [], tasks = [{ task_key = "a" }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_an_unknown_cluster" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [], tasks = [{ task_key = "a", job_cluster_key = "b", notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}

run "refuses_an_unknown_dependency" {
  command = plan
  variables {
    jobs = { x = { name = "ctl-dev-x", tags = { instance = "ctl-dev", env = "dev", zone = "us", managed_by = "terraform" }, timeout_seconds = 60, run_as = { service_principal_name = "etl" }, job_clusters = [], tasks = [{ task_key = "a", depends_on = [{ task_key = "b" }], notebook_task = { notebook_path = "/n" } }] } }
  }
  expect_failures = [var.jobs]
}
