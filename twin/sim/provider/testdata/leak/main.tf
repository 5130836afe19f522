terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.99.1"
    }
  }
}

variable "account" { type = string }

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = [var.account]
}
