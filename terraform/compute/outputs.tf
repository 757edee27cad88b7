output "policy_ids" {
  description = "Id of each cluster policy, by name."
  value       = { for name, policy in databricks_cluster_policy.this : name => policy.policy_id }
}

output "pool_ids" {
  description = "Id of each pool, by name."
  value       = { for name, pool in databricks_instance_pool.this : name => pool.id }
}

output "warehouse_ids" {
  description = "Id of each SQL warehouse, by name."
  value       = { for name, warehouse in databricks_sql_endpoint.this : name => warehouse.id }
}
