# Governed tags belong to a whole Databricks account, so one unit per zone owns them.
locals {
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  zone       = basename(dirname(get_terragrunt_dir()))
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.zone}/account-vars.yaml")))
}

terraform {
  source = "${local.workspaces}/..//terraform/governance"
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    provider "databricks" {
      host = "${local.account.databricks.workspace_host}"
    }
  EOT
}

inputs = {
  tags = {
    sensitivity = { description = "How a column must be treated.", values = ["clear", "encrypted", "held_back", "scrubbed"] }
    zone        = { description = "Residency zone whose rows a catalog holds.", values = [local.zone] }
  }
}
