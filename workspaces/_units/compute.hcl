locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
}

terraform {
  source = "${local.workspaces}/..//terraform/compute"
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
  instance = { name = local.vars.name, env = local.vars.environment, zone = local.vars.zone }
  owner    = local.deployment.owner
  policies = {
    etl = {
      principals = [for name in ["etl", "maintenance"] : dependency.users.outputs.application_ids[name]]
      runtimes   = [try(local.deployment.runtime, "17.3.x-scala2.13")]
    }
    analyst = { users = [dependency.users.outputs.groups["analysts"]] }
  }
  warehouses = {
    main = { users = [dependency.users.outputs.groups["analysts"], dependency.users.outputs.groups["engineers"]] }
  }
}
