module "judge" {
  source = "./judge"

  zones      = var.zones
  exceptions = var.exceptions
  zone       = var.instance.zone
  uses       = var.uses
  today      = coalesce(var.today, formatdate("YYYY-MM-DD", plantimestamp()))
}

locals {
  refused = [
    for key, code in module.judge.codes : "${code} ${key}: '${var.uses[key].place}' may not hold ${var.uses[key].holds} of ${var.instance.name} (zone ${var.instance.zone})"
    if code != null
  ]
  # A place of the zone itself may still be declared in a region that the zone does not have.
  astray = [
    for key, region in module.judge.regions : "HL-RES-001 ${key}: '${var.uses[key].place}' lies in ${region}, which zone ${var.instance.zone} does not have"
    if region != null && var.uses[key].holds == "rows" && !contains(try(var.zones[var.instance.zone].regions, []), coalesce(region, "-"))
  ]
}

resource "terraform_data" "guard" {
  input = { for key, use in var.uses : key => use.place }

  lifecycle {
    precondition {
      condition     = length(local.refused) == 0
      error_message = join("\n", local.refused)
    }
    precondition {
      condition     = length(local.astray) == 0
      error_message = join("\n", local.astray)
    }
  }
}
