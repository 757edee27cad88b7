locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.vars.zone}/account-vars.yaml")))
}

terraform {
  source = "${local.workspaces}/..//terraform/user-base"
}

dependencies {
  paths = [dirname(local.vars_file)]
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    provider "databricks" {
      host = "${local.deployment.host}"
    }

    provider "databricks" {
      alias      = "account"
      host       = "${local.account.databricks.host}"
      account_id = "${local.account.databricks.account_id}"
    }
  EOT
}

inputs = {
  instance   = { name = local.vars.name, workspace_id = tonumber(local.deployment.workspace_id) }
  account_id = local.account.databricks.account_id
  groups = {
    deployers = { permission = "ADMIN" }
    engineers = { sql_access = true }
    analysts  = { sql_access = true }
  }
  principals = {
    etl         = {}
    maintenance = {}
    # Applies what reviewers have let through; its GitHub environment has them.
    terraform = {
      groups   = ["deployers"]
      subjects = { apply = "repo:${local.account.pipeline.repository}:environment:${local.vars.name}" }
    }
    # Plans, without the right to change anything.
    terraform-plan = {
      subjects = { plan = "repo:${local.account.pipeline.repository}:environment:${local.vars.name}-plan" }
    }
  }
  run_as_users = ["etl", "maintenance"]
}
