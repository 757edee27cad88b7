# The rules of havenlake.config.places, written a second time on purpose: both read tests/residency/cases.yaml.

locals {
  # One spelling for one place: no s3a:, user, query, `..` or slash at the end.
  raw = merge(
    { for key, use in var.uses : "use:${key}" => use.place },
    { for declared in local.declared : "declared:${declared.place}" => declared.place },
    { for exception in var.exceptions : "exception:${exception.place}" => exception.place },
  )
  trimmed = {
    for key, place in local.raw : key => split("\n", replace(
      replace(replace(trimspace(place), "/^dbfs:/+Volumes/", "/Volumes/"), "/^s3[an]:///", "s3://"),
      "/[?;#]/", "\n"
    ))[0]
  }
  # Text before the last `://`; a place without one is a path.
  parts = {
    for key, place in local.trimmed : key => (
      strcontains(place, "://") ? regex("^(?P<scheme>.*)://(?P<rest>.*)$", place) : { scheme = "", rest = place }
    )
  }
  # The host loses a user and password written before it, and the path is made plain.
  hosts = { for key, part in local.parts : key => replace(split("/", part.rest)[0], "/^.*@/", "") }
  paths = { for key, part in local.parts : key => abspath("/${join("/", slice(split("/", part.rest), 1, length(split("/", part.rest))))}") }
  normal = {
    for key, part in local.parts : key => (
      part.scheme == ""
      ? (startswith(part.rest, "/") ? abspath(part.rest) : trimprefix(abspath("/${part.rest}"), "/"))
      : "${part.scheme}://${local.hosts[key]}${local.paths[key] == "/" ? "" : local.paths[key]}"
    )
  }

  declared = flatten([
    for name, zone in var.zones : [
      for place in zone.places : { zone = name, place = place.place, holds = place.holds }
    ]
  ])

  own_database = "^jdbc:postgresql://(?:localhost|127\\.0\\.0\\.1|\\[::1\\])(?::[0-9]+)?(?:/[^,]*)?$"
  places       = { for key, use in var.uses : key => local.normal["use:${key}"] }
  volumes      = { for key, place in local.places : key => length(regexall("^/(?:Volumes|dbfs|mnt)/", place)) > 0 }
  is_local = {
    for key, use in var.uses : key => (
      length(regexall(local.own_database, local.places[key])) > 0 || startswith(use.place, "file:") ||
      (length(regexall("^[A-Za-z][A-Za-z0-9+.-]+:", use.place)) == 0 && !local.volumes[key])
    )
  }

  # The longest declaration that covers a place counts.
  covering = {
    for key, place in local.places : key => {
      for declared in local.declared :
      format("%05d", length(local.normal["declared:${declared.place}"])) => declared...
      if place == local.normal["declared:${declared.place}"] || (
        startswith(place, local.normal["declared:${declared.place}"]) &&
        contains(["/", ":"], substr(place, length(local.normal["declared:${declared.place}"]), 1))
      )
    }
  }
  nearest = { for key, all in local.covering : key => try(all[reverse(sort(keys(all)))[0]], []) }
  found   = { for key, all in local.nearest : key => try(all[0], null) }

  allowed = { rows = ["rows"], telemetry = ["telemetry", "rows"], source = ["source", "rows"] }
  excepted = {
    for key, use in var.uses : key => anytrue([
      for exception in var.exceptions :
      exception.zone == var.zone && exception.holds == use.holds &&
      # YAML reads a day without quotes as a point in time; only the day counts.
      timecmp("${substr(exception.expires, 0, 10)}T00:00:00Z", "${var.today}T00:00:00Z") >= 0 && (
        local.places[key] == local.normal["exception:${exception.place}"] || (
          startswith(local.places[key], local.normal["exception:${exception.place}"]) &&
          contains(["/", ":"], substr(local.places[key], length(local.normal["exception:${exception.place}"]), 1))
        )
      )
    ])
  }

  # The code of the error that the Python guard gives, or null when the use is allowed.
  codes = {
    for key, use in var.uses : key => (
      var.zone == "local" ? (local.is_local[key] ? null : "HL-RES-001")
      : local.is_local[key] ? "HL-RES-001"
      : local.found[key] == null ? "HL-CFG-016"
      : length(distinct(local.nearest[key][*].zone)) > 1 ? "HL-CFG-002"
      : local.found[key].zone == var.zone
      ? (contains(lookup(local.allowed, use.holds, []), local.found[key].holds) ? null : "HL-RES-001")
      : use.holds == "rows" ? "HL-RES-001"
      : local.excepted[key] ? null : "HL-CFG-013"
    )
  }
}
