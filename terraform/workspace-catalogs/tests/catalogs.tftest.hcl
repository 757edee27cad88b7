mock_provider "databricks" {}

variables {
  instance  = { name = "ctl-dev", zone = "us", workspace_id = 101 }
  deployers = "ctl-dev-deployers"
  storage   = { url = "s3://ctl-dev-lake", role_arn = "arn:aws:iam::111111111111:role/ctl-dev-storage" }
  places    = { landing = { url = "s3://ctl-dev-landing", read_only = true, readers = ["etl-id"] } }
  catalogs = {
    silver     = { name = "ctl_dev_silver", schemas = { platformdb = {} }, grants = { analysts = ["USE_CATALOG", "SELECT"] } }
    operations = { name = "ctl_dev_operations", schemas = { havenlake = { volumes = { releases = "Wheels." } } } }
  }
}

run "isolated_bound_and_owned" {
  command = plan

  assert {
    condition     = alltrue([for catalog in databricks_catalog.this : catalog.isolation_mode == "ISOLATED" && !catalog.force_destroy])
    error_message = "Every catalog is isolated and cannot be destroyed with its tables."
  }
  assert {
    condition     = databricks_catalog.this["silver"].storage_root == "s3://ctl-dev-lake/silver"
    error_message = "A catalog lies in its instance's bucket."
  }
  assert {
    condition     = databricks_external_location.place["landing"].read_only && !databricks_external_location.place["landing"].fallback
    error_message = "The landing place is only read, and never by somebody's own credential."
  }
  assert {
    condition     = keys(databricks_volume.this) == ["operations.havenlake.releases"]
    error_message = "The volume of releases is missing."
  }
  assert {
    condition     = length(databricks_grants.catalog["silver"].grant) == 2
    error_message = "Deployers keep MANAGE beside the readers."
  }
}

run "readers_of_the_zone_are_bound_read_only" {
  command = plan
  variables {
    readers = { silver = { ctl-datascience = { workspace_id = 103, zone = "us" } } }
  }
  assert {
    condition     = databricks_workspace_binding.reader["silver.ctl-datascience"].binding_type == "BINDING_TYPE_READ_ONLY"
    error_message = "Another workspace only reads."
  }
}

run "foreign_catalog_of_the_zone" {
  command = plan
  variables {
    foreign_catalogs = { ctl_dev_platform = { connection = "platform-db", database = "app", zone = "us", readers = ["analysts"] } }
  }
  assert {
    condition     = databricks_catalog.foreign["ctl_dev_platform"].options.database == "app"
    error_message = "The foreign catalog names its database."
  }
}

run "refuses_a_reader_of_another_zone" {
  command = plan
  variables {
    readers = { silver = { tai-prod = { workspace_id = 104, zone = "ca" } } }
  }
  expect_failures = [var.readers]
}

run "refuses_a_reader_of_a_layer_that_is_not_there" {
  command = plan
  variables {
    readers = { gold = { ctl-datascience = { workspace_id = 103, zone = "us" } } }
  }
  expect_failures = [var.readers]
}

run "refuses_a_foreign_catalog_of_another_zone" {
  command = plan
  variables {
    foreign_catalogs = { eu = { connection = "eu-db", database = "app", zone = "eu" } }
  }
  expect_failures = [var.foreign_catalogs]
}

run "refuses_all_privileges" {
  command = plan
  variables {
    catalogs = { silver = { name = "s", grants = { analysts = ["ALL_PRIVILEGES"] } } }
  }
  expect_failures = [var.catalogs]
}

run "refuses_account_users" {
  command = plan
  variables {
    catalogs = { silver = { name = "s", grants = { "account users" = ["SELECT"] } } }
  }
  expect_failures = [var.catalogs]
}

run "refuses_storage_that_is_no_bucket" {
  command = plan
  variables {
    storage = { url = "/lake", role_arn = "arn:aws:iam::111111111111:role/x" }
  }
  expect_failures = [var.storage]
}

run "refuses_a_role_that_is_none" {
  command = plan
  variables {
    storage = { url = "s3://ctl-dev-lake", role_arn = "ctl-dev-storage" }
  }
  expect_failures = [var.storage]
}
