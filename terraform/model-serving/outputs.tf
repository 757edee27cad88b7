output "endpoints" {
  description = "Name of each endpoint in the workspace, by its name here."
  value       = { for name, endpoint in databricks_model_serving.this : name => endpoint.name }
}
