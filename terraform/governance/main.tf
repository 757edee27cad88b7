# Terraform owns the vocabulary and the policies; the framework makes the functions and tags the columns.

locals {
  catalog_tags = merge([
    for catalog, tags in var.catalog_tags : {
      for key, value in tags : "${catalog}/${key}" => { catalog = catalog, key = key, value = value }
    }
  ]...)
}

resource "databricks_tag_policy" "this" {
  for_each = var.tags

  tag_key     = each.key
  description = each.value.description
  values      = [for value in each.value.values : { name = value }]
}

resource "databricks_entity_tag_assignment" "catalog" {
  for_each = local.catalog_tags

  entity_type = "catalogs"
  entity_name = each.value.catalog
  tag_key     = each.value.key
  tag_value   = each.value.value

  depends_on = [databricks_tag_policy.this]
}

resource "databricks_policy_info" "mask" {
  for_each = var.masks

  name                  = each.key
  comment               = "Masks columns tagged ${each.value.tag}: ${each.value.value}."
  on_securable_type     = "CATALOG"
  on_securable_fullname = each.value.catalog
  for_securable_type    = "TABLE"
  policy_type           = "POLICY_TYPE_COLUMN_MASK"
  to_principals         = sort(tolist(each.value.mask_from))
  except_principals     = sort(tolist(each.value.see))
  match_columns         = [{ alias = "sensitive", condition = "hasTagValue('${each.value.tag}', '${each.value.value}')" }]
  column_mask = {
    function_name = each.value.function
    on_column     = "sensitive"
    using         = [for constant in each.value.using : { constant = constant }]
  }
}

resource "databricks_policy_info" "filter" {
  for_each = var.filters

  name                  = each.key
  comment               = "Filters rows by the column tagged ${each.value.tag}: ${each.value.value}."
  on_securable_type     = "CATALOG"
  on_securable_fullname = each.value.catalog
  for_securable_type    = "TABLE"
  policy_type           = "POLICY_TYPE_ROW_FILTER"
  to_principals         = ["account users"]
  except_principals     = sort(tolist(each.value.see))
  match_columns         = [{ alias = "country", condition = "hasTagValue('${each.value.tag}', '${each.value.value}')" }]
  row_filter = {
    function_name = each.value.function
    using         = [{ alias = "country" }]
  }
}
