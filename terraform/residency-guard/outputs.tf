output "places" {
  description = "The places by key, after the guard: who takes them from here cannot go around it."
  value       = terraform_data.guard.output
}
