output "dashboard_ids" {
  description = "Id of each dashboard, by name."
  value       = { for name, dashboard in databricks_dashboard.this : name => dashboard.dashboard_id }
}
