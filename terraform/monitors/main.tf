resource "datadog_monitor" "this" {
  for_each = var.monitors

  name                = each.value.name
  type                = each.value.type
  query               = each.value.query
  message             = each.value.message
  priority            = each.value.priority
  tags                = each.value.tags
  on_missing_data     = each.value.on_missing_data
  notify_no_data      = each.value.notify_no_data
  renotify_interval   = each.value.renotify_interval
  require_full_window = each.value.require_full_window
  evaluation_delay    = each.value.evaluation_delay
  include_tags        = true
  # A sample of a log line in a message could hold what must not leave the zone's logs.
  enable_logs_sample = each.value.type == "log alert" ? false : null

  monitor_thresholds {
    critical = each.value.thresholds.critical
    warning  = each.value.thresholds.warning
  }
}

resource "datadog_service_level_objective" "this" {
  for_each = var.slos

  name              = each.value.name
  type              = each.value.type
  description       = each.value.description
  monitor_ids       = each.value.type == "monitor" ? [for key in each.value.monitors : tonumber(datadog_monitor.this[key].id)] : null
  tags              = each.value.tags
  timeframe         = each.value.timeframe
  target_threshold  = each.value.target
  warning_threshold = each.value.warning

  thresholds {
    timeframe = each.value.timeframe
    target    = each.value.target
    warning   = each.value.warning
  }

  dynamic "query" {
    for_each = each.value.query[*]
    content {
      numerator   = query.value.numerator
      denominator = query.value.denominator
    }
  }
}

resource "datadog_downtime_schedule" "this" {
  for_each = var.downtimes

  scope = each.value.scope

  monitor_identifier {
    monitor_tags = each.value.monitor_tags
  }

  recurring_schedule {
    timezone = each.value.schedule.timezone

    dynamic "recurrence" {
      for_each = each.value.schedule.recurrences
      content {
        duration = recurrence.value.duration
        rrule    = recurrence.value.rrule
        start    = recurrence.value.start
      }
    }
  }
}

resource "datadog_dashboard_json" "this" {
  for_each = toset(var.dashboard == null ? [] : ["this"])

  dashboard = var.dashboard
}
