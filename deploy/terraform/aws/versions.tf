terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }
  # State holds no password, and still says how everything is built: keep it in a bucket of its own (docs/deploy/aws.md).
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Application = var.name, ManagedBy = "terraform" }
  }
}
