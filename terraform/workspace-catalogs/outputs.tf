output "catalogs" {
  description = "Name of each catalog, by layer."
  value       = { for layer, catalog in databricks_catalog.this : layer => catalog.name }
}

output "storage_external_id" {
  description = "External id that the trust policy of the storage role must ask for."
  value       = databricks_storage_credential.this.aws_iam_role[0].external_id
}

output "volumes" {
  description = "Path of each volume, by layer.schema.volume."
  value = {
    for key, volume in databricks_volume.this : key => "/Volumes/${volume.catalog_name}/${volume.schema_name}/${volume.name}"
  }
}
