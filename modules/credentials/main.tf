# The administrator's password, made so that it is in no state, plan or log:
# generated as an ephemeral value, written through a write-only argument, and
# read back from the secret for the instance. Reading it back matters: the
# generator gives another password at every run, so that a run that stopped
# between the secret and the instance would otherwise leave the two different.

ephemeral "aws_secretsmanager_random_password" "generated" {
  password_length     = var.password_length
  exclude_characters  = "/@\" '\\"
  exclude_punctuation = false
}

resource "aws_secretsmanager_secret" "this" {
  name                           = var.name
  description                    = var.description
  kms_key_id                     = var.kms_key_id
  recovery_window_in_days        = var.recovery_window_in_days
  force_overwrite_replica_secret = false

  replica {
    region     = var.replica_region
    kms_key_id = var.replica_kms_key_id
  }

  # After a failover the regional secret is made standalone by the guard.
  # Terraform must not replicate over it again.
  lifecycle {
    ignore_changes = [replica]
  }
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo_version = var.password_version
  secret_string_wo = jsonencode({
    username = var.username
    password = ephemeral.aws_secretsmanager_random_password.generated.random_password
  })

  # By naming the variable the new version waits for its check: refused on its own,
  # the variable would keep nothing here from being applied. The version before
  # goes once the new one is there.
  lifecycle {
    create_before_destroy = true
    precondition {
      condition     = var.open_secrets || !terraform.applying
      error_message = local.read_only
    }
  }
}

locals {
  read_only = "This plan was made with open_secrets = false: a random password stands for the stored one, so that the plan can only be read. Plan again without it."
}

# Not opened for a plan that is only read; see var.open_secrets.
ephemeral "aws_secretsmanager_secret_version" "stored" {
  count = var.open_secrets ? 1 : 0

  secret_id  = aws_secretsmanager_secret.this.id
  version_id = aws_secretsmanager_secret_version.this.version_id
}
