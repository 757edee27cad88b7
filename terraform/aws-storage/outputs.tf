output "role_arn" {
  description = "ARN of the role that opens the buckets."
  value       = local.role
}

output "buckets" {
  description = "Names of the buckets."
  value       = sort([for bucket in aws_s3_bucket.this : bucket.bucket])
}
