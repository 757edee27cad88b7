locals {
  properties = { instance = var.instance.name, zone = var.instance.zone, managed_by = "terraform" }
  schemas = merge([
    for layer, catalog in var.catalogs : {
      for name, schema in catalog.schemas : "${layer}.${name}" => merge(schema, { layer = layer, name = name })
    }
  ]...)
  volumes = merge([
    for key, schema in local.schemas : {
      for name, comment in schema.volumes : "${key}.${name}" => { schema = key, name = name, comment = comment }
    }
  ]...)
  readers = merge([
    for layer, readers in var.readers : {
      for name, reader in readers : "${layer}.${name}" => { layer = layer, workspace_id = reader.workspace_id }
    }
  ]...)
}

resource "databricks_storage_credential" "this" {
  name            = "${var.instance.name}-storage"
  comment         = "Opens the buckets of ${var.instance.name}."
  owner           = var.deployers
  isolation_mode  = "ISOLATION_MODE_ISOLATED"
  skip_validation = false
  force_destroy   = false

  aws_iam_role {
    role_arn = var.storage.role_arn
  }
}

resource "databricks_external_location" "managed" {
  name            = "${var.instance.name}-managed"
  url             = var.storage.url
  credential_name = databricks_storage_credential.this.name
  owner           = var.deployers
  isolation_mode  = "ISOLATION_MODE_ISOLATED"
  fallback        = false
  force_destroy   = false
  comment         = "Managed tables of ${var.instance.name}."
}

resource "databricks_external_location" "place" {
  for_each = var.places

  name            = "${var.instance.name}-${each.key}"
  url             = each.value.url
  credential_name = databricks_storage_credential.this.name
  owner           = var.deployers
  read_only       = each.value.read_only
  isolation_mode  = "ISOLATION_MODE_ISOLATED"
  fallback        = false
  force_destroy   = false
}

resource "databricks_grants" "place" {
  for_each = var.places

  external_location = databricks_external_location.place[each.key].name

  grant {
    principal  = var.deployers
    privileges = ["MANAGE"]
  }

  dynamic "grant" {
    for_each = { for principal in setunion(each.value.readers, each.value.writers) : principal => contains(each.value.writers, principal) }
    content {
      principal  = grant.key
      privileges = grant.value ? ["READ_FILES", "WRITE_FILES"] : ["READ_FILES"]
    }
  }
}

resource "databricks_catalog" "this" {
  for_each = var.catalogs

  name           = each.value.name
  storage_root   = "${trimsuffix(var.storage.url, "/")}/${each.key}"
  isolation_mode = "ISOLATED"
  owner          = var.deployers
  comment        = coalesce(each.value.comment, "${title(each.key)} of ${var.instance.name}.")
  properties     = local.properties
  force_destroy  = false

  depends_on = [databricks_external_location.managed]
}

resource "databricks_workspace_binding" "own" {
  for_each = var.catalogs

  securable_type = "catalog"
  securable_name = databricks_catalog.this[each.key].name
  workspace_id   = var.instance.workspace_id
  binding_type   = "BINDING_TYPE_READ_WRITE"
}

resource "databricks_workspace_binding" "reader" {
  for_each = local.readers

  securable_type = "catalog"
  securable_name = databricks_catalog.this[each.value.layer].name
  workspace_id   = each.value.workspace_id
  binding_type   = "BINDING_TYPE_READ_ONLY"
}

resource "databricks_grants" "catalog" {
  for_each = var.catalogs

  catalog = databricks_catalog.this[each.key].name

  grant {
    principal  = var.deployers
    privileges = ["MANAGE", "USE_CATALOG"]
  }

  dynamic "grant" {
    for_each = each.value.grants
    content {
      principal  = grant.key
      privileges = grant.value
    }
  }
}

resource "databricks_schema" "this" {
  for_each = local.schemas

  catalog_name  = databricks_catalog.this[each.value.layer].name
  name          = each.value.name
  owner         = var.deployers
  comment       = each.value.comment
  properties    = local.properties
  force_destroy = false
}

resource "databricks_volume" "this" {
  for_each = local.volumes

  catalog_name = databricks_schema.this[each.value.schema].catalog_name
  schema_name  = databricks_schema.this[each.value.schema].name
  name         = each.value.name
  volume_type  = "MANAGED"
  owner        = var.deployers
  comment      = each.value.comment
}

resource "databricks_catalog" "foreign" {
  for_each = var.foreign_catalogs

  name            = each.key
  connection_name = each.value.connection
  options         = { database = each.value.database }
  isolation_mode  = "ISOLATED"
  owner           = var.deployers
  comment         = "Source ${each.value.database}, read where it lives."
  properties      = local.properties
  force_destroy   = false
}

resource "databricks_grants" "foreign" {
  for_each = var.foreign_catalogs

  catalog = databricks_catalog.foreign[each.key].name

  grant {
    principal  = var.deployers
    privileges = ["MANAGE", "USE_CATALOG"]
  }

  dynamic "grant" {
    for_each = each.value.readers
    content {
      principal  = grant.value
      privileges = ["USE_CATALOG", "USE_SCHEMA", "SELECT"]
    }
  }
}
