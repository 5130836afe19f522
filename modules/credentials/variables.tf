variable "name" {
  description = "Name of the secret in Secrets Manager, for example db-credentials-dev."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What the secret holds, shown in the console."
  type        = string
  default     = "PostgreSQL administrator credentials"
}

variable "username" {
  description = "Name of the database administrator, stored beside the password."
  type        = string
  nullable    = false
}

variable "password_length" {
  description = "Length of the generated password in characters. RDS for PostgreSQL takes 8 to 128."
  type        = number
  default     = 32

  validation {
    condition     = var.password_length >= 16 && var.password_length <= 128
    error_message = "password_length must be between 16 and 128: RDS for PostgreSQL takes no more than 128 characters, and fewer than 16 are too easy to guess."
  }
}

variable "password_version" {
  description = "Raise it by one to have a new password generated and set on the instance. Never raise it after a failover: it would set a password on the instance that was given up."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version must be a whole number of 1 or more."
  }
}

variable "open_secrets" {
  description = "False for a plan that is only read, such as a pull request's: the stored password is not opened, and a random one stands for it. It differs in nothing else, since a write-only argument is in no plan. Such a plan can't be applied."
  type        = bool
  nullable    = false
  default     = true

  validation {
    condition     = var.open_secrets || !terraform.applying
    error_message = local.read_only
  }
}

variable "kms_key_id" {
  description = "ARN of the key in the secret's own region."
  type        = string
  nullable    = false
}

variable "replica_region" {
  description = "Region that the secret is replicated to, for example eu-west-1."
  type        = string
  nullable    = false
}

variable "replica_kms_key_id" {
  description = "ARN of the key in the replica region."
  type        = string
  nullable    = false
}

variable "recovery_window_in_days" {
  description = "Days in which a deleted secret can be restored: 0 (gone at once, so that the name is free again) or 7 to 30."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_in_days == 0 || (var.recovery_window_in_days >= 7 && var.recovery_window_in_days <= 30)
    error_message = "recovery_window_in_days must be 0 or between 7 and 30."
  }
}
