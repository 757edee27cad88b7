variable "instance" {
  description = "The instance: its name, and the only Datadog site its telemetry may go to."
  type        = object({ name = string, site = string })
  nullable    = false

  validation {
    condition     = contains(["datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ddog-gov.com"], var.instance.site)
    error_message = "instance.site is no Datadog site."
  }
}

variable "monitors" {
  description = "Monitors by key; made from YAML by `havenlake render`."
  type = map(object({
    name                = string
    type                = string
    query               = string
    message             = string
    priority            = number
    tags                = set(string)
    thresholds          = object({ critical = number, warning = optional(number) })
    on_missing_data     = optional(string)
    notify_no_data      = optional(bool)
    renotify_interval   = optional(number)
    require_full_window = optional(bool)
    evaluation_delay    = optional(number)
  }))
  nullable = false

  validation {
    condition     = alltrue([for monitor in values(var.monitors) : strcontains(monitor.query, "instance:${var.instance.name}")])
    error_message = "A query must be limited to instance:${var.instance.name}: ${join(", ", [for key, monitor in var.monitors : key if !strcontains(monitor.query, "instance:${var.instance.name}")])}."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : contains(["query alert", "metric alert", "log alert", "service check", "composite"], monitor.type)])
    error_message = "type must be query alert, metric alert, log alert, service check or composite."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : monitor.priority >= 1 && monitor.priority <= 5 && floor(monitor.priority) == monitor.priority])
    error_message = "priority must be 1 to 5."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : contains(["default", "show_no_data", "show_and_notify_no_data", "resolve"], coalesce(monitor.on_missing_data, "default"))])
    error_message = "on_missing_data must be default, show_no_data, show_and_notify_no_data or resolve."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : monitor.on_missing_data == null || monitor.notify_no_data == null])
    error_message = "A monitor has either on_missing_data or notify_no_data: Datadog refuses both."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : strcontains(monitor.message, "@")])
    error_message = "A monitor's message must call somebody (@…): ${join(", ", [for key, monitor in var.monitors : key if !strcontains(monitor.message, "@")])}."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : anytrue([for tag in monitor.tags : startswith(tag, "owner:")]) && contains(monitor.tags, "instance:${var.instance.name}")])
    error_message = "A monitor needs the tags owner:… and instance:${var.instance.name}: ${join(", ", [for key, monitor in var.monitors : key if !anytrue([for tag in monitor.tags : startswith(tag, "owner:")]) || !contains(monitor.tags, "instance:${var.instance.name}")])}."
  }
  validation {
    condition     = alltrue([for monitor in values(var.monitors) : length(regexall("(>|>=|<|<=) ?${monitor.thresholds.critical}$", monitor.query)) == 1 || monitor.type == "composite"])
    error_message = "The threshold at the end of a query must equal thresholds.critical: ${join(", ", [for key, monitor in var.monitors : key if length(regexall("(>|>=|<|<=) ?${monitor.thresholds.critical}$", monitor.query)) != 1])}."
  }
}

variable "slos" {
  description = "Service-level objectives by key; of type metric, by two queries, or of type monitor, by keys of monitors."
  type = map(object({
    name        = string
    type        = string
    description = string
    query       = optional(object({ numerator = string, denominator = string }))
    monitors    = optional(set(string), [])
    timeframe   = string
    target      = number
    warning     = optional(number)
    tags        = set(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for slo in values(var.slos) : contains(["7d", "30d", "90d"], slo.timeframe)])
    error_message = "timeframe must be 7d, 30d or 90d."
  }
  validation {
    condition     = alltrue([for slo in values(var.slos) : slo.type == "metric" ? slo.query != null : slo.type == "monitor" && length(slo.monitors) > 0])
    error_message = "An objective is of type metric with a query, or of type monitor with monitors."
  }
  validation {
    condition     = alltrue([for slo in values(var.slos) : slo.target > 0 && slo.target < 100 && (slo.warning == null || coalesce(slo.warning, 100) > slo.target)])
    error_message = "target must lie between 0 and 100, and warning above it."
  }
}

variable "downtimes" {
  description = "Times in which nobody is called, by key."
  type = map(object({
    scope        = string
    monitor_tags = set(string)
    schedule = object({
      timezone    = string
      recurrences = list(object({ duration = string, rrule = string, start = optional(string) }))
    })
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for downtime in values(var.downtimes) : strcontains(downtime.scope, "instance:${var.instance.name}")])
    error_message = "A downtime must be limited to instance:${var.instance.name}."
  }
}

variable "dashboard" {
  description = "JSON of a Datadog dashboard, or null."
  type        = string
  default     = null

  validation {
    condition     = can(jsondecode(coalesce(var.dashboard, "{}")))
    error_message = "dashboard must be JSON."
  }
}
