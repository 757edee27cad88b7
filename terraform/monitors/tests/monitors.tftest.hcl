mock_provider "datadog" {
  mock_resource "datadog_monitor" {
    defaults = { id = "7" }
  }
}

variables {
  instance = { name = "ctl-dev", site = "datadoghq.com" }
  monitors = {
    late = {
      name            = "ctl-dev: a table is late"
      type            = "query alert"
      query           = "min(last_30m):max:havenlake.table.freshness_ratio{instance:ctl-dev} by {layer,table} > 1"
      message         = "Late. @data-platform@ctl.example"
      priority        = 2
      tags            = ["instance:ctl-dev", "owner:data-platform_ctl.example"]
      thresholds      = { critical = 1, warning = 0.8 }
      on_missing_data = "show_and_notify_no_data"
    }
    errors = {
      name       = "ctl-dev: errors in logs"
      type       = "log alert"
      query      = "logs(\"service:havenlake instance:ctl-dev status:error\").index(\"*\").rollup(\"count\").last(\"15m\") > 5"
      message    = "Errors. @data-platform@ctl.example"
      priority   = 3
      tags       = ["instance:ctl-dev", "owner:data-platform_ctl.example"]
      thresholds = { critical = 5 }
    }
  }
  slos = {
    loaded = {
      name        = "ctl-dev: loads that end well"
      type        = "metric"
      description = "Loads."
      query       = { numerator = "sum:a{instance:ctl-dev}.as_count()", denominator = "sum:b{instance:ctl-dev}.as_count()" }
      timeframe   = "30d"
      target      = 99
      warning     = 99.5
      tags        = ["instance:ctl-dev"]
    }
    fresh = { name = "ctl-dev: fresh", type = "monitor", description = "Fresh.", monitors = ["late"], timeframe = "30d", target = 99, tags = ["instance:ctl-dev"] }
  }
  downtimes = {
    weekend = {
      scope        = "instance:ctl-dev"
      monitor_tags = ["env:dev"]
      schedule     = { timezone = "America/New_York", recurrences = [{ duration = "2d", rrule = "FREQ=WEEKLY;BYDAY=SA", start = "2026-01-03T00:00" }] }
    }
  }
  dashboard = "{\"title\": \"ctl-dev\"}"
}

run "monitors_objectives_downtimes_and_dashboard" {
  assert {
    condition     = datadog_monitor.this["late"].monitor_thresholds[0].critical == "1"
    error_message = "The threshold comes through."
  }
  assert {
    condition     = datadog_monitor.this["errors"].enable_logs_sample == false
    error_message = "A log alert shows no sample of logs."
  }
  assert {
    condition     = contains(datadog_service_level_objective.this["fresh"].monitor_ids, 7)
    error_message = "An objective can rest on monitors."
  }
  assert {
    condition     = datadog_downtime_schedule.this["weekend"].recurring_schedule.recurrence[0].duration == "2d"
    error_message = "The downtime recurs."
  }
  assert {
    condition     = length(datadog_dashboard_json.this) == 1
    error_message = "The dashboard is there."
  }
}

run "refuses_a_query_over_all_instances" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{*} > 1", message = "m @a", priority = 2, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 1 } } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_an_unknown_type" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "metric", query = "max:x{instance:ctl-dev} > 1", message = "m @a", priority = 2, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 1 } } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_a_priority_in_words" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{instance:ctl-dev} > 1", message = "m @a", priority = 6, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 1 } } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_an_unknown_answer_to_missing_data" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{instance:ctl-dev} > 1", message = "m @a", priority = 2, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 1 }, on_missing_data = "ok" } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_both_answers_to_missing_data" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{instance:ctl-dev} > 1", message = "m @a", priority = 2, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 1 }, on_missing_data = "resolve", notify_no_data = true } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_a_monitor_that_calls_nobody" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{instance:ctl-dev} > 1", message = "late", priority = 2, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 1 } } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_a_monitor_without_owner" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{instance:ctl-dev} > 1", message = "m @a", priority = 2, tags = ["instance:ctl-dev"], thresholds = { critical = 1 } } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_another_threshold_than_the_query" {
  command = plan
  variables {
    monitors = { x = { name = "n", type = "query alert", query = "max:x{instance:ctl-dev} > 1", message = "m @a", priority = 2, tags = ["instance:ctl-dev", "owner:a"], thresholds = { critical = 2 } } }
    slos     = {}
  }
  expect_failures = [var.monitors]
}

run "refuses_an_unknown_timeframe" {
  command = plan
  variables {
    slos = { x = { name = "n", type = "metric", description = "d", timeframe = "1y", target = 99, tags = [], query = { numerator = "a", denominator = "b" } } }
  }
  expect_failures = [var.slos]
}

run "refuses_an_objective_without_a_query" {
  command = plan
  variables {
    slos = { x = { name = "n", type = "metric", description = "d", timeframe = "30d", target = 99, tags = [] } }
  }
  expect_failures = [var.slos]
}

run "refuses_an_objective_of_100" {
  command = plan
  variables {
    slos = { x = { name = "n", type = "metric", description = "d", timeframe = "30d", target = 100, tags = [], query = { numerator = "a", denominator = "b" } } }
  }
  expect_failures = [var.slos]
}

run "refuses_a_downtime_of_everything" {
  command = plan
  variables {
    downtimes = { x = { scope = "env:prod", monitor_tags = [], schedule = { timezone = "UTC", recurrences = [] } } }
  }
  expect_failures = [var.downtimes]
}

run "refuses_an_unknown_site" {
  command = plan
  variables {
    instance = { name = "ctl-dev", site = "datadog.com" }
  }
  expect_failures = [var.instance]
}

run "refuses_a_dashboard_that_is_no_json" {
  command = plan
  variables {
    dashboard = "title: x"
  }
  expect_failures = [var.dashboard]
}
