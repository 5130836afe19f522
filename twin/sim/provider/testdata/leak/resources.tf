# What must not be done: a password in an ordinary argument and an output.
variable "password" {
  type      = string
  sensitive = true
}

resource "aws_secretsmanager_secret" "this" {
  name                    = "leaking"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = jsonencode({ password = var.password })
}
