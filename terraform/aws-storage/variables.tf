variable "instance" {
  description = "The instance: name, zone, AWS account and region."
  type        = object({ name = string, zone = string, account = string, region = string })
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.instance.account))
    error_message = "instance.account must be the twelve digits of an AWS account."
  }
}

variable "owner" {
  description = "Who answers for the buckets; becomes a tag."
  type        = string
  nullable    = false
}

variable "buckets" {
  description = "Buckets by name, after the residency guard: what each holds, and days until objects end or old versions go."
  type = map(object({
    holds        = optional(string, "rows")
    expire_days  = optional(number)
    old_versions = optional(number, 30)
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.buckets) : startswith(name, "${var.instance.name}-")])
    error_message = "A bucket's name must begin with '${var.instance.name}-': ${join(", ", [for name in keys(var.buckets) : name if !startswith(name, "${var.instance.name}-")])}."
  }
  validation {
    condition     = alltrue([for bucket in values(var.buckets) : contains(["rows", "telemetry"], bucket.holds)])
    error_message = "holds must be rows or telemetry."
  }
}

variable "admins" {
  description = "ARNs of the IAM roles that may administer the buckets and the key, beside the catalogs' role."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.admins) > 0 && alltrue([for arn in var.admins : startswith(arn, "arn:aws:iam::${var.instance.account}:role/")])
    error_message = "admins must be roles of the instance's own AWS account, at least one: without it nobody could open the key again."
  }
}

variable "catalog_master_role" {
  description = "Role of Unity Catalog in Databricks' own AWS account that assumes the storage role."
  type        = string
  default     = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
  nullable    = false
}

variable "external_id" {
  description = "External id that Unity Catalog gives the storage credential; the role cannot be assumed before it is known."
  type        = string
  default     = null
}
