terraform {
  required_version = ">= 1.9"

  required_providers {
    datadog = {
      source  = "datadog/datadog"
      version = ">= 3.82, < 5.0"
    }
  }
}
