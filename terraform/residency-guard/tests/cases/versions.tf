# No provider: the guard runs anywhere, before anything else.
terraform {
  required_version = ">= 1.9"
}
