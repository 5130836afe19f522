# Every type of the stand-in provider, in two regions.
terraform {
  required_version = ">= 1.11.1"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.99.1"
    }
  }
}

locals {
  tags = { Environment = "fixture", Team = "storage" }
}

provider "aws" {
  alias               = "primary"
  region              = "us-east-1"
  allowed_account_ids = [var.account]
  default_tags { tags = local.tags }
}

provider "aws" {
  alias  = "replica"
  region = "eu-west-1"
  default_tags { tags = local.tags }
}

variable "account" {
  type        = string
  description = "The simulated account's id."
}

data "aws_caller_identity" "this" { provider = aws.primary }
data "aws_partition" "this" { provider = aws.primary }
data "aws_region" "primary" { provider = aws.primary }
data "aws_availability_zones" "primary" {
  provider = aws.primary
  state    = "available"
}
data "aws_availability_zones" "replica" {
  provider = aws.replica
  state    = "available"
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

output "account" { value = data.aws_caller_identity.this.account_id }
output "region" { value = data.aws_region.primary.name }
output "partition" { value = data.aws_partition.this.partition }
output "zones" { value = data.aws_availability_zones.replica.names }
