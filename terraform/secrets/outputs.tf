output "scopes" {
  description = "Names of the scopes."
  value       = sort([for scope in databricks_secret_scope.this : scope.name])
}
