output "groups" {
  description = "Name of each group, by purpose."
  value       = { for purpose, group in databricks_group.this : purpose => group.display_name }
}

output "application_ids" {
  description = "Application id of each service principal, by purpose; grants and run_as name principals by it."
  value       = { for purpose, principal in databricks_service_principal.this : purpose => principal.application_id }
}
