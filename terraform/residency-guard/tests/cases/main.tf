# Judges every case of the table that the Python guard reads too.
locals {
  table = yamldecode(file("${path.module}/../../../../tests/residency/cases.yaml"))
  cases = { for case in local.table.places : "${case.zone} ${case.holds} ${case.place} ${try(case.today, local.table.today)}" => case }
}

module "judge" {
  source   = "../../judge"
  for_each = local.cases

  zones      = { for name, zone in local.table.zones_file.zones : name => merge({ places = [] }, zone) }
  exceptions = local.table.zones_file.exceptions
  zone       = each.value.zone
  uses       = { use = { place = each.value.place, holds = each.value.holds } }
  today      = try(each.value.today, local.table.today)
}
