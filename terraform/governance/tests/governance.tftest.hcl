mock_provider "databricks" {}

variables {
  tags = { sensitivity = { description = "How a column must be treated.", values = ["encrypted", "scrubbed"] } }
  masks = {
    ciphertext = { catalog = "ctl_prod_silver", tag = "sensitivity", value = "encrypted", function = "ctl_prod_operations.havenlake.mask_bytes", see = ["etl-id"] }
  }
  filters      = { country = { catalog = "ctl_prod_silver", tag = "context", value = "country", function = "ctl_prod_operations.havenlake.own_country" } }
  catalog_tags = { ctl_prod_silver = { zone = "us" } }
}

run "mask_and_filter_by_tag" {
  command = plan

  assert {
    condition     = databricks_policy_info.mask["ciphertext"].column_mask.on_column == databricks_policy_info.mask["ciphertext"].match_columns[0].alias
    error_message = "The mask works on the column that the tag finds."
  }
  assert {
    condition     = databricks_policy_info.filter["country"].row_filter.function_name == "ctl_prod_operations.havenlake.own_country"
    error_message = "The filter calls its function."
  }
  assert {
    condition     = output.policies == tolist(["ciphertext", "country"])
    error_message = "Both policies are in force."
  }
}

run "refuses_a_tag_without_values" {
  command = plan
  variables {
    tags = { sensitivity = { description = "x", values = [] } }
  }
  expect_failures = [var.tags]
}

run "refuses_a_function_without_its_place" {
  command = plan
  variables {
    masks = { m = { catalog = "c", tag = "t", value = "v", function = "mask" } }
  }
  expect_failures = [var.masks]
}

run "refuses_a_mask_that_everybody_sees_through" {
  command = plan
  variables {
    masks = { m = { catalog = "c", tag = "t", value = "v", function = "a.b.c", see = ["account users"] } }
  }
  expect_failures = [var.masks]
}

run "refuses_a_filter_function_without_its_place" {
  command = plan
  variables {
    filters = { f = { catalog = "c", tag = "t", value = "v", function = "own_country" } }
  }
  expect_failures = [var.filters]
}
