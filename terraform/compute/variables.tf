variable "instance" {
  description = "The instance: name, environment and zone; they become tags of everything that costs money."
  type        = object({ name = string, env = string, zone = string })
  nullable    = false
}

variable "owner" {
  description = "Who answers for the cost; becomes a tag."
  type        = string
  nullable    = false
}

variable "policies" {
  description = "Cluster policies by name: the reviewed file below policies/, and who may use it (groups by name, principals by application id)."
  type = map(object({
    users      = optional(set(string), [])
    principals = optional(set(string), [])
    runtimes   = optional(list(string), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.policies) : fileexists("${path.module}/policies/${name}.json")])
    error_message = "A policy names no file below policies/: ${join(", ", [for name in keys(var.policies) : name if !fileexists("${path.module}/policies/${name}.json")])}."
  }
  validation {
    condition     = alltrue([for policy in values(var.policies) : !contains(policy.users, "users") && !contains(policy.users, "admins")])
    error_message = "A policy is for named groups of the instance, not for 'users' or 'admins'."
  }
}

variable "pools" {
  description = "Instance pools by name, for clusters that must start at once."
  type = map(object({
    node_type    = string
    min_idle     = optional(number, 0)
    max_capacity = number
    idle_minutes = optional(number, 15)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for pool in values(var.pools) : pool.min_idle <= 2 && pool.max_capacity <= 64])
    error_message = "A pool keeps two machines idle at most and holds 64 at most."
  }
}

variable "warehouses" {
  description = "SQL warehouses by name, and the groups that may use each."
  type = map(object({
    size      = optional(string, "2X-Small")
    max       = optional(number, 1)
    auto_stop = optional(number, 10)
    users     = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for warehouse in values(var.warehouses) : warehouse.auto_stop > 0 && warehouse.auto_stop <= 60])
    error_message = "auto_stop must be 1 to 60 minutes: a warehouse that never stops is never noticed."
  }
  validation {
    condition     = alltrue([for warehouse in values(var.warehouses) : contains(["2X-Small", "X-Small", "Small", "Medium", "Large"], warehouse.size)])
    error_message = "size must be 2X-Small, X-Small, Small, Medium or Large."
  }
}
