locals {
  tags = { instance = var.instance.name, env = var.instance.env, zone = var.instance.zone, owner = var.owner, managed_by = "terraform" }
  # What no reviewed file may leave out or change: whose cost it is.
  fixed = { for key, value in local.tags : "custom_tags.${key}" => { type = "fixed", value = value } }
}

resource "databricks_cluster_policy" "this" {
  for_each = var.policies

  name        = "${var.instance.name}-${each.key}"
  description = "Reviewed in terraform/compute/policies/${each.key}.json."
  definition = jsonencode(merge(
    jsondecode(file("${path.module}/policies/${each.key}.json")),
    length(each.value.runtimes) == 0 ? {} : { spark_version = { type = "allowlist", values = each.value.runtimes } },
    local.fixed,
  ))
}

resource "databricks_permissions" "policy" {
  for_each = { for name, policy in var.policies : name => policy if length(policy.users) + length(policy.principals) > 0 }

  cluster_policy_id = databricks_cluster_policy.this[each.key].id

  dynamic "access_control" {
    for_each = each.value.users
    content {
      group_name       = access_control.value
      permission_level = "CAN_USE"
    }
  }
  dynamic "access_control" {
    for_each = each.value.principals
    content {
      service_principal_name = access_control.value
      permission_level       = "CAN_USE"
    }
  }
}

resource "databricks_instance_pool" "this" {
  for_each = var.pools

  instance_pool_name                    = "${var.instance.name}-${each.key}"
  node_type_id                          = each.value.node_type
  min_idle_instances                    = each.value.min_idle
  max_capacity                          = each.value.max_capacity
  idle_instance_autotermination_minutes = each.value.idle_minutes
  custom_tags                           = local.tags
}

resource "databricks_sql_endpoint" "this" {
  for_each = var.warehouses

  name                      = "${var.instance.name}-${each.key}"
  cluster_size              = each.value.size
  min_num_clusters          = 1
  max_num_clusters          = each.value.max
  auto_stop_mins            = each.value.auto_stop
  warehouse_type            = "PRO"
  enable_serverless_compute = true

  tags {
    dynamic "custom_tags" {
      for_each = local.tags
      content {
        key   = custom_tags.key
        value = custom_tags.value
      }
    }
  }
}

resource "databricks_permissions" "warehouse" {
  for_each = { for name, warehouse in var.warehouses : name => warehouse if length(warehouse.users) > 0 }

  sql_endpoint_id = databricks_sql_endpoint.this[each.key].id

  dynamic "access_control" {
    for_each = each.value.users
    content {
      group_name       = access_control.value
      permission_level = "CAN_USE"
    }
  }
}
