locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
  jobs       = jsondecode(file(mark_as_read("${get_terragrunt_dir()}/jobs.json")))
}

terraform {
  source = "${local.workspaces}/..//terraform/etl"
}

# What a plan assumes before user-base has been applied. Groups are named as the module names them; an id is a
# placeholder that only the schema-only provider gives too, so a plan with it cannot be applied against a real account.
dependency "users" {
  config_path = "${dirname(local.vars_file)}/user-base"

  mock_outputs = {
    groups          = { for group in ["analysts", "deployers", "engineers"] : group => "${local.vars.name}-${group}" }
    application_ids = { for name in ["etl", "maintenance", "terraform", "terraform-plan"] : name => "offline:databricks_service_principal:${local.vars.name}-${name}" }
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
}

dependency "compute" {
  config_path = "${dirname(local.vars_file)}/compute"

  mock_outputs = {
    policy_ids = { for name in ["analyst", "etl"] : name => "offline:databricks_cluster_policy:${local.vars.name}-${name}" }
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
}

dependencies {
  paths = ["${dirname(local.vars_file)}/workspace-catalogs", "${dirname(local.vars_file)}/secrets"]
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    provider "databricks" {
      host = "${local.deployment.host}"
    }
  EOT
}

inputs = {
  instance   = local.vars.name
  principals = dependency.users.outputs.application_ids
  policies   = dependency.compute.outputs.policy_ids
  viewers    = [dependency.users.outputs.groups["analysts"], dependency.users.outputs.groups["engineers"]]
  runners    = [dependency.users.outputs.groups["engineers"]]
  jobs       = local.jobs.jobs
}
