variable "tags" {
  description = "Governed tags by key, and the values each may have. They belong to the whole account: one unit owns them."
  type        = map(object({ description = string, values = set(string) }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for tag in values(var.tags) : length(tag.values) > 0])
    error_message = "A governed tag needs its values: a free one governs nothing."
  }
}

variable "masks" {
  description = "Column masks by name: on which catalog, for columns that carry which tag, by which function, and who sees through."
  type = map(object({
    catalog   = string
    tag       = string
    value     = string
    function  = string
    using     = optional(list(string), [])
    see       = optional(set(string), [])
    mask_from = optional(set(string), ["account users"])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for mask in values(var.masks) : length(split(".", mask.function)) == 3])
    error_message = "A mask's function must be named with catalog, schema and function."
  }
  validation {
    condition     = alltrue([for mask in values(var.masks) : !contains(mask.see, "account users") && !contains(mask.see, "users")])
    error_message = "A mask that everybody sees through masks nothing."
  }
}

variable "filters" {
  description = "Row filters by name: on which catalog, for tables with a column of which tag, by which function, and who sees all rows."
  type = map(object({
    catalog  = string
    tag      = string
    value    = string
    function = string
    see      = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for filter in values(var.filters) : length(split(".", filter.function)) == 3])
    error_message = "A filter's function must be named with catalog, schema and function."
  }
}

variable "catalog_tags" {
  description = "Tags of catalogs: catalog, then key and value."
  type        = map(map(string))
  default     = {}
  nullable    = false
}
