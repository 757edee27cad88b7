# Two doors: databricks.account makes principals, the default provider is the workspace that they enter.

locals {
  memberships = merge([
    for name, principal in var.principals : {
      for group in principal.groups : "${name}/${group}" => { principal = name, group = group }
    }
  ]...)
  federations = merge([
    for name, principal in var.principals : {
      for key, subject in principal.subjects : "${name}/${key}" => { principal = name, subject = subject }
    }
  ]...)
}

resource "databricks_group" "this" {
  for_each = var.groups
  provider = databricks.account

  display_name = "${var.instance.name}-${each.key}"
}

resource "databricks_service_principal" "this" {
  for_each = var.principals
  provider = databricks.account

  display_name = "${var.instance.name}-${each.key}"
}

resource "databricks_group_member" "this" {
  for_each = local.memberships
  provider = databricks.account

  group_id  = databricks_group.this[each.value.group].id
  member_id = databricks_service_principal.this[each.value.principal].id
}

resource "databricks_service_principal_federation_policy" "this" {
  for_each = local.federations
  provider = databricks.account

  service_principal_id = tonumber(databricks_service_principal.this[each.value.principal].id)
  policy_id            = replace(each.key, "/", "-")
  description          = "The pipeline's environment ${regex("[^:]+$", each.value.subject)} acts as ${var.instance.name}-${each.value.principal}."
  oidc_policy = {
    issuer    = var.issuer
    audiences = [var.account_id]
    subject   = each.value.subject
  }
}

resource "databricks_mws_permission_assignment" "group" {
  for_each = var.groups
  provider = databricks.account

  workspace_id = var.instance.workspace_id
  principal_id = tonumber(databricks_group.this[each.key].id)
  permissions  = [each.value.permission]
}

resource "databricks_mws_permission_assignment" "principal" {
  for_each = var.principals
  provider = databricks.account

  workspace_id = var.instance.workspace_id
  principal_id = tonumber(databricks_service_principal.this[each.key].id)
  permissions  = ["USER"]
}

resource "databricks_access_control_rule_set" "run_as" {
  for_each = var.run_as_users
  provider = databricks.account

  name = "accounts/${var.account_id}/servicePrincipals/${databricks_service_principal.this[each.value].application_id}/ruleSets/default"

  grant_rules {
    role       = "roles/servicePrincipal.user"
    principals = ["groups/${databricks_group.this[var.deployers].display_name}"]
  }
}

resource "databricks_entitlements" "group" {
  for_each = var.groups

  group_id              = databricks_group.this[each.key].id
  workspace_access      = each.value.workspace_access
  databricks_sql_access = each.value.sql_access

  depends_on = [databricks_mws_permission_assignment.group]
}
