locals {
  readers = merge([
    for name, scope in var.scopes : { for reader in scope.readers : "${name}/${reader}" => { scope = name, reader = reader } }
  ]...)
}

resource "databricks_secret_scope" "this" {
  for_each = var.scopes

  name = each.key
}

resource "databricks_secret_acl" "manager" {
  for_each = var.scopes

  scope      = databricks_secret_scope.this[each.key].name
  principal  = var.managers
  permission = "MANAGE"
}

resource "databricks_secret_acl" "reader" {
  for_each = local.readers

  scope      = databricks_secret_scope.this[each.value.scope].name
  principal  = each.value.reader
  permission = "READ"
}
