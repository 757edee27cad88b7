resource "databricks_dashboard" "this" {
  for_each = var.dashboards

  display_name         = "${var.instance}: ${each.key}"
  warehouse_id         = var.warehouse_id
  parent_path          = var.parent
  serialized_dashboard = each.value.json
  # Who opens a dashboard sees with their own rights, not with those of the one who published it.
  embed_credentials = false
}

resource "databricks_permissions" "dashboard" {
  for_each = { for name, dashboard in var.dashboards : name => dashboard if length(dashboard.viewers) > 0 }

  dashboard_id = databricks_dashboard.this[each.key].dashboard_id

  dynamic "access_control" {
    for_each = each.value.viewers
    content {
      group_name       = access_control.value
      permission_level = "CAN_READ"
    }
  }
}
