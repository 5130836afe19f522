# Ephemeral values need 1.10, write-only arguments 1.11; 1.11.1 mends the
# marking of write-only values inside modules.
terraform {
  required_version = ">= 1.11.1"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.88.0"
    }
  }
}
