variable "instance" {
  description = "Name of the instance; every job's name begins with it."
  type        = string
  nullable    = false
}

variable "principals" {
  description = "Application id of each service principal, by the purpose that jobs name in run_as."
  type        = map(string)
  nullable    = false
}

variable "policies" {
  description = "Id of each cluster policy, by the name that job clusters give in policy_id."
  type        = map(string)
  nullable    = false
}

variable "viewers" {
  description = "Groups that may see jobs and their runs."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "runners" {
  description = "Groups that may start jobs."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "jobs" {
  description = "Jobs by key, in the shape of the Jobs API; made from YAML by `havenlake render`."
  type = map(object({
    name = string
    tags = map(string)
    schedule = optional(object({
      quartz_cron_expression = string
      timezone_id            = string
      pause_status           = optional(string, "UNPAUSED")
    }))
    max_concurrent_runs = optional(number, 1)
    queue               = optional(object({ enabled = bool }), { enabled = true })
    timeout_seconds     = number
    run_as              = object({ service_principal_name = string })
    job_clusters = optional(list(object({
      job_cluster_key = string
      new_cluster = object({
        policy_id                   = string
        spark_version               = string
        data_security_mode          = optional(string)
        apply_policy_default_values = optional(bool, true)
        num_workers                 = optional(number)
        autoscale                   = optional(object({ min_workers = number, max_workers = number }))
        node_type_id                = optional(string)
        spark_conf                  = optional(map(string))
        spark_env_vars              = optional(map(string))
      })
    })), [])
    environments = optional(list(object({
      environment_key = string
      spec            = object({ environment_version = string, dependencies = optional(list(string), []) })
    })), [])
    tasks = list(object({
      task_key                  = string
      depends_on                = optional(list(object({ task_key = string })), [])
      run_if                    = optional(string)
      notebook_task             = optional(object({ notebook_path = string, base_parameters = optional(map(string), {}) }))
      python_wheel_task         = optional(object({ package_name = string, entry_point = string, parameters = optional(list(string), []) }))
      job_cluster_key           = optional(string)
      environment_key           = optional(string)
      libraries                 = optional(list(object({ whl = string })), [])
      max_retries               = optional(number, 0)
      min_retry_interval_millis = optional(number)
      timeout_seconds           = optional(number)
    }))
    health     = optional(object({ rules = list(object({ metric = string, op = string, value = number })) }))
    parameters = optional(list(object({ name = string, default = string })), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for job in values(var.jobs) : startswith(job.name, "${var.instance}-")])
    error_message = "A job's name must begin with '${var.instance}-': ${join(", ", [for job in values(var.jobs) : job.name if !startswith(job.name, "${var.instance}-")])}."
  }
  validation {
    condition     = alltrue([for job in values(var.jobs) : contains(keys(var.principals), job.run_as.service_principal_name)])
    error_message = "run_as names no service principal of the instance in: ${join(", ", [for key, job in var.jobs : "${key} ('${job.run_as.service_principal_name}')" if !contains(keys(var.principals), job.run_as.service_principal_name)])}; known are ${join(", ", keys(var.principals))}."
  }
  validation {
    condition     = alltrue(flatten([for job in values(var.jobs) : [for cluster in job.job_clusters : contains(keys(var.policies), cluster.new_cluster.policy_id)]]))
    error_message = "A job cluster names no cluster policy of the instance; known are ${join(", ", keys(var.policies))}."
  }
  validation {
    condition     = alltrue(flatten([for job in values(var.jobs) : [for cluster in job.job_clusters : contains(["SINGLE_USER", "USER_ISOLATION"], coalesce(cluster.new_cluster.data_security_mode, "SINGLE_USER"))]]))
    error_message = "data_security_mode must be SINGLE_USER or USER_ISOLATION: others go around Unity Catalog."
  }
  validation {
    condition     = alltrue([for job in values(var.jobs) : job.timeout_seconds > 0])
    error_message = "A job needs a timeout: one that hangs must not hold the next run for ever."
  }
  validation {
    condition     = alltrue([for job in values(var.jobs) : alltrue([for tag in ["instance", "env", "zone", "managed_by"] : contains(keys(job.tags), tag)])])
    error_message = "A job needs the tags instance, env, zone and managed_by."
  }
  validation {
    condition = alltrue(flatten([for job in values(var.jobs) : [
      for task in job.tasks : (task.notebook_task == null) != (task.python_wheel_task == null)
    ]]))
    error_message = "A task needs either notebook_task or python_wheel_task."
  }
  validation {
    condition = alltrue(flatten([for job in values(var.jobs) : [
      for task in job.tasks : task.job_cluster_key == null || contains(job.job_clusters[*].job_cluster_key, coalesce(task.job_cluster_key, "-"))
    ]]))
    error_message = "A task names a job cluster that its job does not have."
  }
  validation {
    condition = alltrue(flatten([for job in values(var.jobs) : [
      for task in job.tasks : [for before in task.depends_on : contains(job.tasks[*].task_key, before.task_key)]
    ]]))
    error_message = "A task depends on a task that its job does not have."
  }
}
