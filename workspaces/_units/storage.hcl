locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.vars.zone}/account-vars.yaml")))
}

terraform {
  source = "${local.workspaces}/..//terraform/aws-storage"
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
    provider "aws" {
      region              = "${local.vars.region}"
      allowed_account_ids = ["${local.deployment.aws_account}"]
    }
  EOT
}

inputs = {
  instance = {
    name    = local.vars.name
    zone    = local.vars.zone
    account = local.deployment.aws_account
    region  = local.vars.region
  }
  owner       = local.deployment.owner
  admins      = ["arn:aws:iam::${local.deployment.aws_account}:role/havenlake-deploy"]
  external_id = try(local.account.external_ids[local.vars.name], null)
  buckets = {
    for place in distinct([
      for key, url in dependency.guard.outputs.places : split("/", trimprefix(url, "s3://"))[0]
      if startswith(url, "s3://") && key != "state"
    ]) : place => { holds = "rows" }
  }
}
