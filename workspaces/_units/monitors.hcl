locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.vars.zone}/account-vars.yaml")))
  monitors   = jsondecode(file(mark_as_read("${get_terragrunt_dir()}/monitors.json")))
}

terraform {
  source = "${local.workspaces}/..//terraform/monitors"
}

# After the guard: places come out of it, so no unit can take one that was not judged.
dependency "guard" {
  config_path = dirname(local.vars_file)

  mock_outputs = {
    places = merge(
      { storage = local.deployment.storage },
      { for place in try(local.vars.landing, []) : "landing ${place}" => place },
      { for place in try([local.vars.staging], []) : "staging ${place}" => place },
      { for site in try([local.vars.monitoring.datadog_site], []) : "monitors" => "datadog:${site}" },
      { state = "s3://${local.account.state.bucket}" },
    )
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
}

dependencies {
  paths = ["${dirname(local.vars_file)}/etl"]
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    provider "datadog" {
      api_url = "https://api.${trimprefix(dependency.guard.outputs.places["monitors"], "datadog:")}/"
    }
  EOT
}

exclude {
  if      = !try(local.deployment.features.monitors, true)
  actions = ["all_except_output"]
}

inputs = {
  instance  = { name = local.vars.name, site = trimprefix(dependency.guard.outputs.places["monitors"], "datadog:") }
  monitors  = local.monitors.monitors
  slos      = try(local.monitors.slos, {})
  downtimes = try(local.monitors.downtimes, {})
}
