output "codes" {
  description = "Per use the code of the error, or null when it is allowed."
  value       = local.codes
}

output "regions" {
  description = "Per use the region that its declaration names, or null."
  value = {
    for key, found in local.found : key => found == null ? null : one(distinct([
      for place in var.zones[found.zone].places : place.region if place.place == found.place
    ]))
  }
}
