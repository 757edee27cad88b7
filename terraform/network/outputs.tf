output "policy_ids" {
  description = "Id of each workspace's network policy."
  value       = { for name, policy in databricks_account_network_policy.this : name => policy.network_policy_id }
}
