output "policies" {
  description = "Names of the policies in force."
  value       = sort(concat(keys(databricks_policy_info.mask), keys(databricks_policy_info.filter)))
}
