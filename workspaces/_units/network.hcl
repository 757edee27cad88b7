locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.vars.zone}/account-vars.yaml")))
  zone       = yamldecode(file(mark_as_read("${local.workspaces}/residency-zones.yaml"))).zones[local.vars.zone]
}

terraform {
  source = "${local.workspaces}/..//terraform/network"
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

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    provider "databricks" {
      host       = "${local.account.databricks.host}"
      account_id = "${local.account.databricks.account_id}"
    }
  EOT
}

exclude {
  if      = !try(local.deployment.features.network_policy, true)
  actions = ["all_except_output"]
}

inputs = {
  account_id = local.account.databricks.account_id
  regions    = local.zone.regions
  workspaces = {
    (local.vars.name) = {
      workspace_id = tonumber(local.deployment.workspace_id)
      buckets = merge(
        {
          for place in distinct([
            for key, url in dependency.guard.outputs.places : split("/", trimprefix(url, "s3://"))[0]
            if startswith(url, "s3://") && key != "state"
          ]) : place => local.vars.region
        },
      )
      hosts = [
        for host in ["api", "http-intake.logs"] : "${host}.${local.vars.monitoring.datadog_site}"
        if try(local.vars.monitoring.datadog_site, null) != null
      ]
    }
  }
}
