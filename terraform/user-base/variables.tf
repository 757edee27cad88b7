variable "instance" {
  description = "The instance: its name and the number of its Databricks workspace."
  type        = object({ name = string, workspace_id = number })
  nullable    = false
}

variable "account_id" {
  description = "Databricks account; the audience of federation tokens and part of rule set names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f-]{36}$", var.account_id))
    error_message = "account_id must be the account's UUID."
  }
}

variable "groups" {
  description = "Groups by purpose; each is named instance-purpose, belongs to the workspace as USER or ADMIN, and gets these entitlements."
  type = map(object({
    permission       = optional(string, "USER")
    workspace_access = optional(bool, true)
    sql_access       = optional(bool, false)
  }))
  nullable = false

  validation {
    condition     = alltrue([for group in values(var.groups) : contains(["USER", "ADMIN"], group.permission)])
    error_message = "permission must be USER or ADMIN."
  }
}

variable "principals" {
  description = "Service principals by purpose: groups they belong to, and the OIDC subjects that may act as them without a secret."
  type = map(object({
    groups   = optional(set(string), [])
    subjects = optional(map(string), {})
  }))
  nullable = false

  validation {
    condition     = alltrue(flatten([for principal in values(var.principals) : [for group in principal.groups : contains(keys(var.groups), group)]]))
    error_message = "A service principal names a group that is not declared here."
  }
  validation {
    condition = alltrue(flatten([
      for principal in values(var.principals) : [
        for subject in values(principal.subjects) : can(regex("^repo:[^/@]+@[0-9]+/[^/@]+@[0-9]+:environment:[a-z0-9-]+$", subject))
      ]
    ]))
    error_message = "A subject must be repo:OWNER@ID/REPOSITORY@ID:environment:NAME; a branch, a wildcard or names without ids can be taken over."
  }
}

variable "run_as_users" {
  description = "Purposes of principals whose jobs the deployers may set up to run as them."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "deployers" {
  description = "Purpose of the group whose members deploy."
  type        = string
  default     = "deployers"
  nullable    = false
}

variable "issuer" {
  description = "Issuer of the pipeline's OIDC tokens."
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  nullable    = false
}
