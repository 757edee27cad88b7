variables {
  today = "2027-01-01"
  zones = {
    us = {
      countries = ["US"]
      regions   = ["us-east-1"]
      places = [
        { place = "s3://us-lake", holds = "rows", region = "us-east-1" },
        { place = "s3://us-astray", holds = "rows", region = "eu-west-1" },
        { place = "datadog:datadoghq.com", holds = "telemetry" },
      ]
    }
    eu = {
      countries = ["IE"]
      regions   = ["eu-west-1"]
      places    = [{ place = "s3://eu-lake", holds = "rows", region = "eu-west-1" }]
    }
    ca = { countries = ["CA"], regions = ["ca-central-1"] }
  }
  exceptions = [{ zone = "ca", place = "datadog:datadoghq.com", holds = "telemetry", expires = "2027-03-31" }]
  instance   = { name = "ctl-prod", country = "US", zone = "us", region = "us-east-1" }
  uses       = { lake = { place = "s3://us-lake/managed", holds = "rows" } }
}

run "own_place_passes_through" {
  assert {
    condition     = output.places.lake == "s3://us-lake/managed"
    error_message = "The guard dropped an allowed place."
  }
}

run "shared_cases" {
  module {
    source = "./tests/cases"
  }
  assert {
    condition     = output.count >= 30
    error_message = "The table of cases shrank to ${output.count}."
  }
  assert {
    condition     = length(output.wrong) == 0
    error_message = join("\n", output.wrong)
  }
}

run "bucket_of_another_zone" {
  command = plan
  variables {
    uses = { lake = { place = "s3://eu-lake", holds = "rows" } }
  }
  expect_failures = [terraform_data.guard]
}

run "place_nobody_declared" {
  command = plan
  variables {
    uses = { lake = { place = "s3://us-lake-2", holds = "rows" } }
  }
  expect_failures = [terraform_data.guard]
}

run "place_declared_in_two_zones" {
  command = plan
  variables {
    zones = {
      us = { countries = ["US"], regions = ["us-east-1"], places = [{ place = "s3://both", holds = "rows" }] }
      eu = { countries = ["IE"], regions = ["eu-west-1"], places = [{ place = "s3a://both/", holds = "rows" }] }
    }
    instance = { name = "tie-prod", country = "IE", zone = "eu", region = "eu-west-1" }
    uses     = { lake = { place = "s3://both", holds = "rows" } }
  }
  expect_failures = [terraform_data.guard]
}

run "place_declared_in_a_foreign_region" {
  command = plan
  variables {
    uses = { lake = { place = "s3://us-astray", holds = "rows" } }
  }
  expect_failures = [terraform_data.guard]
}

run "rows_where_only_telemetry_belongs" {
  command = plan
  variables {
    uses = { site = { place = "datadog:datadoghq.com", holds = "rows" } }
  }
  expect_failures = [terraform_data.guard]
}

run "telemetry_by_an_exception_in_force" {
  command = plan
  variables {
    instance = { name = "tai-prod", country = "CA", zone = "ca", region = "ca-central-1" }
    uses     = { site = { place = "datadog:datadoghq.com", holds = "telemetry" } }
  }
}

run "telemetry_by_an_exception_that_expired" {
  command = plan
  variables {
    today    = "2027-04-01"
    instance = { name = "tai-prod", country = "CA", zone = "ca", region = "ca-central-1" }
    uses     = { site = { place = "datadog:datadoghq.com", holds = "telemetry" } }
  }
  expect_failures = [terraform_data.guard]
}

run "unknown_zone" {
  command = plan
  variables {
    instance = { name = "x", country = "US", zone = "usa", region = "us-east-1" }
    uses     = {}
  }
  expect_failures = [var.instance]
}

run "region_outside_the_zone" {
  command = plan
  variables {
    instance = { name = "tai-prod", country = "CA", zone = "ca", region = "us-east-1" }
  }
  expect_failures = [var.instance]
}

run "country_of_another_zone" {
  command = plan
  variables {
    instance = { name = "tie-prod", country = "IE", zone = "us", region = "us-east-1" }
  }
  expect_failures = [var.instance]
}

run "holds_misspelt" {
  command = plan
  variables {
    uses = { lake = { place = "s3://us-lake", holds = "row" } }
  }
  expect_failures = [var.uses]
}
