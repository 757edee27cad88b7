resource "databricks_job" "this" {
  for_each = var.jobs

  name                = each.value.name
  description         = "Made from jobs-configuration; change it there."
  tags                = each.value.tags
  timeout_seconds     = each.value.timeout_seconds
  max_concurrent_runs = each.value.max_concurrent_runs
  edit_mode           = "UI_LOCKED"

  run_as {
    service_principal_name = var.principals[each.value.run_as.service_principal_name]
  }

  queue {
    enabled = each.value.queue.enabled
  }

  dynamic "schedule" {
    for_each = each.value.schedule[*]
    content {
      quartz_cron_expression = schedule.value.quartz_cron_expression
      timezone_id            = schedule.value.timezone_id
      pause_status           = schedule.value.pause_status
    }
  }

  dynamic "parameter" {
    for_each = { for parameter in each.value.parameters : parameter.name => parameter.default }
    content {
      name    = parameter.key
      default = parameter.value
    }
  }

  dynamic "health" {
    for_each = each.value.health[*]
    content {
      dynamic "rules" {
        for_each = health.value.rules
        content {
          metric = rules.value.metric
          op     = rules.value.op
          value  = rules.value.value
        }
      }
    }
  }

  dynamic "job_cluster" {
    for_each = { for cluster in each.value.job_clusters : cluster.job_cluster_key => cluster.new_cluster }
    content {
      job_cluster_key = job_cluster.key
      new_cluster {
        policy_id                   = var.policies[job_cluster.value.policy_id]
        spark_version               = job_cluster.value.spark_version
        data_security_mode          = job_cluster.value.data_security_mode
        apply_policy_default_values = job_cluster.value.apply_policy_default_values
        num_workers                 = job_cluster.value.num_workers
        node_type_id                = job_cluster.value.node_type_id
        spark_conf                  = job_cluster.value.spark_conf
        spark_env_vars              = job_cluster.value.spark_env_vars

        dynamic "autoscale" {
          for_each = job_cluster.value.autoscale[*]
          content {
            min_workers = autoscale.value.min_workers
            max_workers = autoscale.value.max_workers
          }
        }
      }
    }
  }

  dynamic "environment" {
    for_each = { for environment in each.value.environments : environment.environment_key => environment.spec }
    content {
      environment_key = environment.key
      spec {
        environment_version = environment.value.environment_version
        dependencies        = environment.value.dependencies
      }
    }
  }

  # Tasks are an ordered list for the provider; by key, a new one does not move the others.
  dynamic "task" {
    for_each = { for task in each.value.tasks : task.task_key => task }
    content {
      task_key                  = task.key
      run_if                    = task.value.run_if
      job_cluster_key           = task.value.job_cluster_key
      environment_key           = task.value.environment_key
      max_retries               = task.value.max_retries
      min_retry_interval_millis = task.value.min_retry_interval_millis
      timeout_seconds           = task.value.timeout_seconds

      dynamic "depends_on" {
        for_each = toset(task.value.depends_on[*].task_key)
        content {
          task_key = depends_on.value
        }
      }
      dynamic "notebook_task" {
        for_each = task.value.notebook_task[*]
        content {
          notebook_path   = notebook_task.value.notebook_path
          base_parameters = notebook_task.value.base_parameters
        }
      }
      dynamic "python_wheel_task" {
        for_each = task.value.python_wheel_task[*]
        content {
          package_name = python_wheel_task.value.package_name
          entry_point  = python_wheel_task.value.entry_point
          parameters   = python_wheel_task.value.parameters
        }
      }
      dynamic "library" {
        for_each = task.value.libraries
        content {
          whl = library.value.whl
        }
      }
    }
  }
}

resource "databricks_permissions" "job" {
  for_each = length(var.viewers) + length(var.runners) == 0 ? {} : var.jobs

  job_id = databricks_job.this[each.key].id

  dynamic "access_control" {
    for_each = setsubtract(var.viewers, var.runners)
    content {
      group_name       = access_control.value
      permission_level = "CAN_VIEW"
    }
  }
  dynamic "access_control" {
    for_each = var.runners
    content {
      group_name       = access_control.value
      permission_level = "CAN_MANAGE_RUN"
    }
  }
}
