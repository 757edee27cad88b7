variable "instance" {
  description = "One country instance, as read from workspace-vars.yaml."
  type = object({
    name    = string
    country = string
    zone    = string
    region  = string
  })
  nullable = false

  validation {
    condition     = contains(keys(var.zones), var.instance.zone)
    error_message = "HL-CFG-013 workspace-vars.yaml, zone: '${var.instance.zone}' is no residency zone; write one of ${join(", ", keys(var.zones))}."
  }
  validation {
    condition     = contains(try(var.zones[var.instance.zone].regions, [var.instance.region]), var.instance.region)
    error_message = "HL-CFG-013 workspace-vars.yaml, region: ${var.instance.region} lies outside zone ${var.instance.zone}; use one of ${join(", ", try(var.zones[var.instance.zone].regions, []))}."
  }
  validation {
    condition     = contains(try(var.zones[var.instance.zone].countries, [var.instance.country]), var.instance.country)
    error_message = "HL-CFG-013 workspace-vars.yaml, country: ${var.instance.country} does not belong to zone ${var.instance.zone}."
  }
}

variable "zones" {
  description = "Residency zones by name, as in residency-zones.yaml."
  type = map(object({
    countries = list(string)
    regions   = list(string)
    places = optional(list(object({
      place  = string
      holds  = string
      region = optional(string)
    })), [])
  }))
  nullable = false
}

variable "exceptions" {
  description = "Places of another zone that a zone may use for telemetry or as a source, until a day."
  type = list(object({
    zone    = string
    place   = string
    holds   = string
    expires = string
  }))
  default  = []
  nullable = false
}

variable "uses" {
  description = "Everything the instance stores in or sends to: a place, and what it holds there (rows, telemetry, source)."
  type        = map(object({ place = string, holds = string }))
  nullable    = false

  validation {
    condition     = alltrue([for use in var.uses : contains(["rows", "telemetry", "source"], use.holds)])
    error_message = "HL-CFG-004 holds must be rows, telemetry or source."
  }
}

variable "today" {
  description = "Day on which exceptions are judged, as 2027-06-30; the day of the plan when null."
  type        = string
  default     = null
}
