output "job_ids" {
  description = "Id of each job, by key."
  value       = { for key, job in databricks_job.this : key => job.id }
}
