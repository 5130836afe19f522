output "secret_arn" {
  description = "ARN of the secret in its own region."
  value       = aws_secretsmanager_secret.this.arn
}

output "secret_name" {
  description = "Name of the secret, the same in both regions."
  value       = aws_secretsmanager_secret.this.name
}

output "password" {
  description = "The stored password, ephemeral: only a write-only argument may take it."
  value       = var.open_secrets ? jsondecode(ephemeral.aws_secretsmanager_secret_version.stored[0].secret_string).password : ephemeral.aws_secretsmanager_random_password.generated.random_password
  ephemeral   = true
  sensitive   = true
}

output "password_version" {
  description = "Number that goes with the password, for password_wo_version."
  value       = aws_secretsmanager_secret_version.this.secret_string_wo_version
}
