variable "account_id" {
  description = "Databricks account that the policies belong to."
  type        = string
  nullable    = false
}

variable "regions" {
  description = "AWS regions of the zone; a destination elsewhere is refused."
  type        = set(string)
  nullable    = false
}

variable "workspaces" {
  description = "Workspaces of the zone by name: number, the buckets their serverless compute may reach, and hosts of sinks."
  type = map(object({
    workspace_id = number
    buckets      = map(string)
    hosts        = optional(set(string), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.workspaces) : length("${name}-egress") <= 32])
    error_message = "The id of a network policy has at most 32 characters."
  }
  validation {
    condition     = alltrue(flatten([for workspace in values(var.workspaces) : [for region in values(workspace.buckets) : contains(var.regions, region)]]))
    error_message = "HL-RES-001 a workspace may reach buckets in the regions of its zone only."
  }
  validation {
    condition     = alltrue(flatten([for workspace in values(var.workspaces) : [for host in workspace.hosts : !strcontains(host, "*")]]))
    error_message = "Name each host: a pattern opens more than anybody has looked at."
  }
}
