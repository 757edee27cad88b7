variable "instance" {
  description = "Name of the instance; every scope's name begins with it."
  type        = string
  nullable    = false
}

variable "managers" {
  description = "Group that fills the scopes in; values never pass through Terraform."
  type        = string
  nullable    = false
}

variable "scopes" {
  description = "Secret scopes by name, and who may read each (application ids or groups)."
  type        = map(object({ readers = optional(set(string), []) }))
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.scopes) : startswith(name, "${var.instance}-")])
    error_message = "A scope's name must begin with '${var.instance}-': ${join(", ", [for name in keys(var.scopes) : name if !startswith(name, "${var.instance}-")])}."
  }
  validation {
    condition     = alltrue(flatten([for scope in values(var.scopes) : [for reader in scope.readers : !contains(["users", "account users"], lower(reader))]]))
    error_message = "A scope that everybody reads keeps no secret."
  }
  validation {
    condition     = alltrue([for name, scope in var.scopes : !endswith(name, "-keys") || length(scope.readers) <= 2])
    error_message = "A scope of keys is for the principals of load and maintenance only."
  }
}
