variable "instance" {
  description = "Name of the instance."
  type        = string
  nullable    = false
}

variable "warehouse_id" {
  description = "Id of the SQL warehouse that dashboards ask."
  type        = string
  nullable    = false
}

variable "parent" {
  description = "Workspace folder of the dashboards."
  type        = string
  default     = "/Workspace/Shared/havenlake"
  nullable    = false
}

variable "dashboards" {
  description = "Dashboards by name: their JSON, and the groups that may open each."
  type        = map(object({ json = string, viewers = optional(set(string), []) }))
  nullable    = false

  validation {
    condition     = alltrue([for dashboard in values(var.dashboards) : can(jsondecode(dashboard.json).pages)])
    error_message = "A dashboard must be JSON with pages: ${join(", ", [for name, dashboard in var.dashboards : name if !can(jsondecode(dashboard.json).pages)])}."
  }
  validation {
    condition     = alltrue(flatten([for dashboard in values(var.dashboards) : [for viewer in dashboard.viewers : !contains(["users", "account users"], lower(viewer))]]))
    error_message = "A dashboard is for named groups, not for everybody."
  }
}
