mock_provider "aws" {}

variables {
  instance = { name = "ctl-dev", zone = "us", account = "111111111111", region = "us-east-1" }
  owner    = "data-platform@ctl.example"
  admins   = ["arn:aws:iam::111111111111:role/havenlake-deploy"]
  buckets  = { ctl-dev-lake = {}, ctl-dev-landing = { expire_days = 14 } }
}

run "closed_encrypted_and_kept" {
  command = plan

  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "No bucket can be opened to the public."
  }
  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "A bucket that holds something is not destroyed."
  }
  assert {
    condition     = aws_kms_key.this.multi_region == false && aws_kms_key.this.enable_key_rotation
    error_message = "The key stays in its region and is rotated."
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this["ctl-dev-landing"].rule) == 2
    error_message = "Landing files end after their days."
  }
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this["ctl-dev-lake"].policy).Statement :
      statement.Sid == "NoCopyElsewhere" && statement.Effect == "Deny"
    ])
    error_message = "Nobody sets up replication."
  }
}

run "role_stays_shut_until_its_external_id_is_known" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.storage.assume_role_policy).Statement[0].Condition.StringEquals["sts:ExternalId"] == "not-known-yet"
    error_message = "The role must not be open without an external id."
  }
}

run "refuses_a_bucket_of_another_instance" {
  command = plan
  variables {
    buckets = { ctl-prod-lake = {} }
  }
  expect_failures = [var.buckets]
}

run "refuses_an_unknown_content" {
  command = plan
  variables {
    buckets = { ctl-dev-lake = { holds = "everything" } }
  }
  expect_failures = [var.buckets]
}

run "refuses_an_admin_of_another_account" {
  command = plan
  variables {
    admins = ["arn:aws:iam::222222222222:role/havenlake-deploy"]
  }
  expect_failures = [var.admins]
}

run "refuses_to_lock_everybody_out" {
  command = plan
  variables {
    admins = []
  }
  expect_failures = [var.admins]
}

run "refuses_an_account_that_is_none" {
  command = plan
  variables {
    instance = { name = "ctl-dev", zone = "us", account = "11", region = "us-east-1" }
    admins   = ["arn:aws:iam::11:role/x"]
  }
  expect_failures = [var.instance]
}
