# What every unit shares: state per zone, encrypted and locked, and the versions of the tools.
# A unit is two includes: this file, and one of _units/.

terragrunt_version_constraint = ">= 1.0"
terraform_version_constraint  = ">= 1.9"
terraform_binary              = get_env("TG_TF_PATH", "tofu")

locals {
  # Terragrunt looks for a file from the folder above; the unit of a workspace itself looks beside itself first.
  # A unit of _account/<zone>/ has the record of its zone instead of a workspace's.
  here      = "${get_terragrunt_dir()}/workspace-vars.yaml"
  record    = fileexists(local.here) ? local.here : find_in_parent_folders("workspace-vars.yaml", "none")
  zone      = local.record == "none" ? basename(dirname(get_terragrunt_dir())) : yamldecode(file(mark_as_read(local.record))).zone
  account   = yamldecode(file(mark_as_read("${get_parent_terragrunt_dir()}/_account/${local.zone}/account-vars.yaml")))
  offline   = get_env("TG_OFFLINE", "0") == "1"
  local_dir = get_env("HAVENLAKE_OFFLINE_STATE", "${get_terragrunt_dir()}/.offline")
}

remote_state {
  backend = local.offline ? "local" : "s3"
  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
  # Through JSON, because the two sides of a condition must have one type and true would become text.
  config = jsondecode(local.offline ? jsonencode({
    path = "${local.local_dir}/${path_relative_to_include()}/state.json"
    }) : jsonencode({
    bucket       = local.account.state.bucket
    region       = local.account.state.region
    key          = "${path_relative_to_include()}/state.json"
    kms_key_id   = local.account.state.kms_key
    encrypt      = true
    use_lockfile = true
  }))
}

terraform {
  # A lock file made from a local mirror of providers must never reach a user's registry.
  copy_terraform_lock_file = !local.offline

  extra_arguments "lock" {
    commands  = ["apply", "destroy", "import", "plan"]
    arguments = ["-lock-timeout=10m"]
  }
}
