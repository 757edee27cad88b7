# The first unit of a workspace: all others depend on it, so nothing is planned for an instance in the wrong place.
locals {
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read("${get_terragrunt_dir()}/workspace-vars.yaml")))
  deployment = local.vars.deployment
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.vars.zone}/account-vars.yaml")))
  zones      = yamldecode(file(mark_as_read("${local.workspaces}/residency-zones.yaml")))
}

terraform {
  source = "${local.workspaces}/..//terraform/residency-guard"
}

inputs = {
  instance   = { for key in ["name", "country", "zone", "region"] : key => local.vars[key] }
  zones      = local.zones.zones
  exceptions = try(local.zones.exceptions, [])
  uses = merge(
    { storage = { place = local.deployment.storage, holds = "rows" } },
    { for place in try(local.vars.landing, []) : "landing ${place}" => { place = place, holds = "rows" } },
    { for place in try([local.vars.staging], []) : "staging ${place}" => { place = place, holds = "rows" } },
    { for site in try([local.vars.monitoring.datadog_site], []) : "monitors" => { place = "datadog:${site}", holds = "telemetry" } },
    { state = { place = "s3://${local.account.state.bucket}", holds = "telemetry" } },
  )
}
