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

variable "zone" {
  description = "Zone of the instance that is judged; `local` is built in."
  type        = string
  nullable    = false
}

variable "uses" {
  description = "What the instance wants to use: a place, and what it would hold there."
  type        = map(object({ place = string, holds = string }))
  nullable    = false
}

variable "today" {
  description = "Day of the judgement, as 2027-06-30."
  type        = string
  nullable    = false
}
