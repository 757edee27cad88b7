locals {
  vars_file  = find_in_parent_folders("workspace-vars.yaml")
  workspaces = dirname(find_in_parent_folders("root.hcl"))
  vars       = yamldecode(file(mark_as_read(local.vars_file)))
  deployment = local.vars.deployment
  account    = yamldecode(file(mark_as_read("${local.workspaces}/_account/${local.vars.zone}/account-vars.yaml")))
  # Who else may open a catalog is the owner's to say: see terragrunt-shared-settings.hcl of a workspace that lends one.
  settings_file = "${dirname(local.vars_file)}/terragrunt-shared-settings.hcl"
  lent          = try(read_terragrunt_config(local.settings_file, { locals = {} }).locals.lent_catalogs, {})
  # The number of another workspace never changes, so its file is read without selecting this unit when it does.
  borrowers = {
    for name in distinct(flatten(values(local.lent))) :
    name => yamldecode(file("${local.workspaces}/${name}/workspace-vars.yaml"))
  }
  borrowed = try(local.vars.read_only_catalogs, [])
  own      = { for layer, name in local.vars.catalogs : layer => name if !contains(local.borrowed, name) }
  schemas = {
    bronze     = { platformdb = {} }
    silver     = { platformdb = {} }
    operations = { havenlake = { comment = "Releases, ledger and functions.", volumes = { releases = "Wheels that jobs install." } } }
    ml         = { models = {} }
  }
  read  = ["USE_CATALOG", "USE_SCHEMA", "SELECT"]
  write = ["CREATE_FUNCTION", "CREATE_SCHEMA", "CREATE_TABLE", "MODIFY", "READ_VOLUME", "SELECT", "USE_CATALOG", "USE_SCHEMA", "WRITE_VOLUME"]
}

terraform {
  source = "${local.workspaces}/..//terraform/workspace-catalogs"
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

dependencies {
  paths = ["${dirname(local.vars_file)}/storage"]
}

inputs = {
  instance  = { name = local.vars.name, zone = local.vars.zone, workspace_id = tonumber(local.deployment.workspace_id) }
  deployers = dependency.users.outputs.groups["deployers"]
  storage = {
    url      = dependency.guard.outputs.places["storage"]
    role_arn = "arn:aws:iam::${local.deployment.aws_account}:role/${local.vars.name}-storage"
  }
  places = {
    for key, url in dependency.guard.outputs.places :
    trimprefix(replace(trimprefix(url, "s3://"), "/", "-"), "${local.vars.name}-") => {
      url       = url
      read_only = startswith(key, "landing ")
      readers   = startswith(key, "landing ") ? [dependency.users.outputs.application_ids["etl"]] : []
      writers   = startswith(key, "landing ") ? [] : [dependency.users.outputs.application_ids["etl"]]
    } if startswith(key, "landing ") || startswith(key, "staging ")
  }
  catalogs = {
    for layer, name in local.own : layer => {
      name    = name
      schemas = lookup(local.schemas, layer, {})
      grants = merge(
        # Rows in bronze are for the load alone; people begin at silver.
        layer == "bronze" ? {} : { (dependency.users.outputs.groups["engineers"]) = local.read },
        contains(["silver", "gold"], layer) ? { (dependency.users.outputs.groups["analysts"]) = local.read } : {},
        contains(["sandbox", "ml"], layer) ? { (dependency.users.outputs.groups["analysts"]) = local.write } : {},
        { for principal in ["etl", "maintenance"] : dependency.users.outputs.application_ids[principal] => local.write },
      )
    }
  }
  readers = {
    for layer, names in local.lent : layer => {
      for name in names : name => {
        workspace_id = tonumber(local.borrowers[name].deployment.workspace_id)
        zone         = local.borrowers[name].zone
      }
    }
  }
}
