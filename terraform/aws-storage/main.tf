# One AWS account, one key and one role per instance. Policies are plain JSON: no data source, so a plan asks nobody.

locals {
  tags = { instance = var.instance.name, zone = var.instance.zone, owner = var.owner, managed_by = "terraform" }
  role = "arn:aws:iam::${var.instance.account}:role/${var.instance.name}-storage"
  root = "arn:aws:iam::${var.instance.account}:root"
}

resource "aws_kms_key" "this" {
  description             = "Everything that rests in the buckets of ${var.instance.name}."
  enable_key_rotation     = true
  multi_region            = false # a multi-Region key could be copied out of the zone
  deletion_window_in_days = 30
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Administer", Effect = "Allow", Principal = { AWS = sort(tolist(var.admins)) }, Action = "kms:*", Resource = "*" },
      {
        Sid       = "Use"
        Effect    = "Allow"
        Principal = { AWS = local.root }
        Action    = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnEquals = { "aws:PrincipalArn" = local.role } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.instance.name}-storage"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_s3_bucket" "this" {
  for_each = var.buckets

  bucket        = each.key
  force_destroy = false
  tags          = merge(local.tags, { holds = each.value.holds })
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = var.buckets

  bucket                  = aws_s3_bucket.this[each.key].bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = each.value.old_versions
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  dynamic "rule" {
    for_each = each.value.expire_days[*]
    content {
      id     = "expire"
      status = "Enabled"
      filter {}
      expiration {
        days = rule.value
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyTheInstance"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${each.key}", "arn:aws:s3:::${each.key}/*"]
        Condition = {
          ArnNotEquals = { "aws:PrincipalArn" = concat([local.role], sort(tolist(var.admins))) }
          Bool         = { "aws:PrincipalIsAWSService" = "false" }
        }
      },
      {
        Sid       = "OnlyEncryptedConnections"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${each.key}", "arn:aws:s3:::${each.key}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "NoCopyElsewhere"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutReplicationConfiguration"
        Resource  = "arn:aws:s3:::${each.key}"
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_iam_role" "storage" {
  name        = "${var.instance.name}-storage"
  description = "Unity Catalog opens the buckets of ${var.instance.name} with it."
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "UnityCatalog"
        Effect    = "Allow"
        Principal = { AWS = var.catalog_master_role }
        Action    = "sts:AssumeRole"
        # An id that nobody has, until the real one is known: the role stays shut.
        Condition = { StringEquals = { "sts:ExternalId" = coalesce(var.external_id, "not-known-yet") } }
      },
      {
        Sid       = "Itself"
        Effect    = "Allow"
        Principal = { AWS = local.root }
        Action    = "sts:AssumeRole"
        Condition = { ArnEquals = { "aws:PrincipalArn" = local.role } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "storage" {
  name = "buckets"
  role = aws_iam_role.storage.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        Resource = flatten([for name in sort(keys(var.buckets)) : ["arn:aws:s3:::${name}", "arn:aws:s3:::${name}/*"]])
      },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"], Resource = aws_kms_key.this.arn },
      { Effect = "Allow", Action = "sts:AssumeRole", Resource = local.role },
    ]
  })
}
