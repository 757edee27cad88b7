variable "instance" {
  description = "The instance: its name, residency zone and number of its Databricks workspace."
  type        = object({ name = string, zone = string, workspace_id = number })
  nullable    = false
}

variable "deployers" {
  description = "Group that owns everything here and keeps MANAGE on it; grants are authoritative, so it is always listed."
  type        = string
  nullable    = false
}

variable "storage" {
  description = "Bucket URL of the managed tables, after the residency guard, and the role that opens it."
  type        = object({ url = string, role_arn = string })
  nullable    = false

  validation {
    condition     = can(regex("^s3://[a-z0-9.-]+(/.*)?$", var.storage.url))
    error_message = "storage.url must be an s3:// URL; got '${var.storage.url}'."
  }
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.storage.role_arn))
    error_message = "storage.role_arn must be the ARN of an IAM role."
  }
}

variable "places" {
  description = "Further places for rows, after the residency guard, by name; each becomes an external location."
  type        = map(object({ url = string, read_only = optional(bool, false), readers = optional(set(string), []), writers = optional(set(string), []) }))
  default     = {}
  nullable    = false
}

variable "catalogs" {
  description = "Catalogs by layer: name, schemas with their volumes, and who may do what."
  type = map(object({
    name    = string
    comment = optional(string)
    schemas = optional(map(object({
      comment = optional(string)
      volumes = optional(map(string), {})
    })), {})
    grants = optional(map(set(string)), {})
  }))
  nullable = false

  validation {
    condition = alltrue(flatten([
      for catalog in var.catalogs : [
        for privileges in values(catalog.grants) : [for privilege in privileges : privilege != "ALL_PRIVILEGES"]
      ]
    ]))
    error_message = "ALL_PRIVILEGES also grants what a later release brings; name the privileges."
  }
  validation {
    condition = alltrue(flatten([
      for catalog in var.catalogs : [
        for principal in keys(catalog.grants) : !contains(["account users", "users", "admins"], lower(principal))
      ]
    ]))
    error_message = "Grants to 'account users', 'users' or 'admins' reach people of other instances; name a group of this one."
  }
}

variable "readers" {
  description = "Numbers of other workspaces of the same zone that may open a catalog, read-only, by layer."
  type        = map(map(object({ workspace_id = number, zone = string })))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for layer in var.readers : [for reader in values(layer) : reader.zone == var.instance.zone]]))
    error_message = "HL-RES-001 a catalog may be bound to workspaces of its own zone only."
  }
  validation {
    condition     = alltrue([for layer in keys(var.readers) : contains(keys(var.catalogs), layer)])
    error_message = "readers names a layer that this instance has no catalog for."
  }
}

variable "foreign_catalogs" {
  description = "Operational sources that are queried where they live, read-only: an existing connection, the database, and its zone."
  type        = map(object({ connection = string, database = string, zone = string, readers = optional(set(string), []) }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for source in values(var.foreign_catalogs) : source.zone == var.instance.zone])
    error_message = "HL-RES-001 a foreign catalog shows rows, so its source must lie in the instance's own zone."
  }
}
