# Registered models only: an external model would send texts out of the zone, so there is no argument for one.

locals {
  tags = { instance = var.instance.name, env = var.instance.env, zone = var.instance.zone, owner = var.owner, managed_by = "terraform" }
}

resource "databricks_model_serving" "this" {
  for_each = var.endpoints

  name = "${var.instance.name}-${each.key}"

  config {
    dynamic "served_entities" {
      for_each = each.value.models
      content {
        name                  = served_entities.key
        entity_name           = served_entities.value.entity
        entity_version        = served_entities.value.version
        workload_size         = served_entities.value.size
        scale_to_zero_enabled = var.instance.env != "prod"
      }
    }
    traffic_config {
      dynamic "routes" {
        for_each = each.value.models
        content {
          served_model_name  = routes.key
          traffic_percentage = routes.value.traffic
        }
      }
    }
  }

  ai_gateway {
    usage_tracking_config {
      enabled = true
    }
    rate_limits {
      calls          = each.value.calls_per_minute
      key            = "endpoint"
      renewal_period = "minute"
    }
    dynamic "inference_table_config" {
      for_each = each.value.inference_table[*]
      content {
        enabled           = true
        catalog_name      = inference_table_config.value.catalog
        schema_name       = inference_table_config.value.schema
        table_name_prefix = each.key
      }
    }
  }

  dynamic "tags" {
    for_each = local.tags
    content {
      key   = tags.key
      value = tags.value
    }
  }
}

resource "databricks_permissions" "endpoint" {
  for_each = { for name, endpoint in var.endpoints : name => endpoint if length(endpoint.users) + length(endpoint.principals) > 0 }

  serving_endpoint_id = databricks_model_serving.this[each.key].serving_endpoint_id

  dynamic "access_control" {
    for_each = each.value.users
    content {
      group_name       = access_control.value
      permission_level = "CAN_QUERY"
    }
  }
  dynamic "access_control" {
    for_each = each.value.principals
    content {
      service_principal_name = access_control.value
      permission_level       = "CAN_QUERY"
    }
  }
}
