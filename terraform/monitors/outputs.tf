output "monitor_ids" {
  description = "Id of each monitor, by key."
  value       = { for key, monitor in datadog_monitor.this : key => monitor.id }
}
