mock_provider "databricks" {}

variables {
  instance = { name = "ctl-datascience", env = "datascience", zone = "us" }
  owner    = "data-platform@ctl.example"
  catalogs = ["ctl_datascience_ml"]
  endpoints = {
    triage = {
      models = {
        champion   = { entity = "ctl_datascience_ml.models.triage", version = "3", traffic = 90 }
        challenger = { entity = "ctl_datascience_ml.models.triage", version = "4", traffic = 10 }
      }
      users = ["ctl-datascience-analysts"]
    }
  }
}

run "champion_and_challenger" {
  command = plan

  assert {
    condition     = length(databricks_model_serving.this["triage"].config[0].traffic_config[0].routes) == 2
    error_message = "Both models get their share."
  }
  assert {
    condition     = length(databricks_model_serving.this["triage"].ai_gateway[0].inference_table_config) == 0
    error_message = "Texts are not copied into an inference table unless somebody asks for it."
  }
}

run "refuses_shares_that_do_not_add_up" {
  command = plan
  variables {
    endpoints = { x = { models = { a = { entity = "ctl_datascience_ml.m.t", version = "1", traffic = 90, size = "Small" } } } }
  }
  expect_failures = [var.endpoints]
}

run "refuses_a_model_of_another_instance" {
  command = plan
  variables {
    endpoints = { x = { models = { a = { entity = "ctl_prod_gold.m.t", version = "1", traffic = 100, size = "Small" } } } }
  }
  expect_failures = [var.endpoints]
}

run "refuses_an_inference_table_elsewhere" {
  command = plan
  variables {
    endpoints = { x = { models = { a = { entity = "ctl_datascience_ml.m.t", version = "1", traffic = 100, size = "Small" } }, inference_table = { catalog = "ctl_eu_prod_gold", schema = "s" } } }
  }
  expect_failures = [var.endpoints]
}

run "refuses_an_unknown_size" {
  command = plan
  variables {
    endpoints = { x = { models = { a = { entity = "ctl_datascience_ml.m.t", version = "1", traffic = 100, size = "XL" } } } }
  }
  expect_failures = [var.endpoints]
}
