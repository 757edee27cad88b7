variable "instance" {
  description = "The instance: name, environment and zone."
  type        = object({ name = string, env = string, zone = string })
  nullable    = false
}

variable "owner" {
  description = "Who answers for the endpoints; becomes a tag."
  type        = string
  nullable    = false
}

variable "catalogs" {
  description = "Catalogs of the instance: models and inference tables of others are refused."
  type        = set(string)
  nullable    = false
}

variable "endpoints" {
  description = "Endpoints by name: registered models with the share of traffic each gets, who may query, and limits."
  type = map(object({
    models = map(object({
      entity  = string
      version = string
      size    = optional(string, "Small")
      traffic = number
    }))
    users            = optional(set(string), [])
    principals       = optional(set(string), [])
    calls_per_minute = optional(number, 600)
    inference_table  = optional(object({ catalog = string, schema = string }))
  }))
  nullable = false

  validation {
    condition     = alltrue([for endpoint in values(var.endpoints) : sum(values(endpoint.models)[*].traffic) == 100])
    error_message = "The shares of traffic of an endpoint must add up to 100."
  }
  validation {
    condition     = alltrue(flatten([for endpoint in values(var.endpoints) : [for model in values(endpoint.models) : contains(var.catalogs, split(".", model.entity)[0])]]))
    error_message = "HL-RES-001 an endpoint serves models of the instance's own catalogs only."
  }
  validation {
    condition     = alltrue([for endpoint in values(var.endpoints) : endpoint.inference_table == null || contains(var.catalogs, try(endpoint.inference_table.catalog, "-"))])
    error_message = "HL-RES-001 an inference table copies texts, so it must lie in a catalog of the instance."
  }
  validation {
    condition     = alltrue(flatten([for endpoint in values(var.endpoints) : [for model in values(endpoint.models) : contains(["Small", "Medium", "Large"], model.size)]]))
    error_message = "size must be Small, Medium or Large."
  }
}
