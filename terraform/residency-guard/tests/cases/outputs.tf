output "count" {
  description = "How many cases were judged."
  value       = length(local.cases)
}

output "wrong" {
  description = "Cases whose code differs from the one in the table."
  value = [
    for key, case in local.cases : "${key}: ${coalesce(module.judge[key].codes.use, "allowed")} instead of ${coalesce(case.code, "allowed")}"
    if module.judge[key].codes.use != case.code
  ]
}
