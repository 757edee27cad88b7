resource "databricks_account_network_policy" "this" {
  for_each = var.workspaces

  account_id        = var.account_id
  network_policy_id = "${each.key}-egress"

  egress = {
    network_access = {
      restriction_mode = "RESTRICTED_ACCESS"
      allowed_storage_destinations = [
        for bucket in sort(keys(each.value.buckets)) : {
          bucket_name              = bucket
          region                   = each.value.buckets[bucket]
          storage_destination_type = "AWS_S3"
        }
      ]
      allowed_internet_destinations = [
        for host in sort(tolist(each.value.hosts)) : { destination = host, internet_destination_type = "DNS_NAME" }
      ]
      policy_enforcement = { enforcement_mode = "ENFORCED" }
    }
  }
}

resource "databricks_workspace_network_option" "this" {
  for_each = var.workspaces

  workspace_id      = each.value.workspace_id
  network_policy_id = databricks_account_network_policy.this[each.key].network_policy_id
}
