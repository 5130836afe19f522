resource "aws_kms_key" "database" {
  provider                = aws.primary
  description             = "Database"
  multi_region            = true
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "database" {
  provider      = aws.primary
  name          = "alias/fixture-database"
  target_key_id = aws_kms_key.database.key_id
}

resource "aws_kms_replica_key" "database" {
  provider                = aws.replica
  description             = "Database"
  primary_key_arn         = aws_kms_key.database.arn
  deletion_window_in_days = 7
}

# The module that the stacks use, unchanged (the test sets the source).
module "credentials" {
  source                  = "./credentials"
  providers               = { aws = aws.primary }
  name                    = "fixture-database"
  username                = "postgres"
  kms_key_id              = aws_kms_key.database.arn
  replica_region          = "eu-west-1"
  replica_kms_key_id      = aws_kms_replica_key.database.arn
  recovery_window_in_days = 0
  password_version        = var.password_version
  open_secrets            = var.open_secrets
}

variable "open_secrets" {
  type        = bool
  default     = true
  description = "False for a plan that is only read."
}

variable "password_version" {
  type        = number
  default     = 1
  description = "Raised to rotate."
}

resource "aws_db_subnet_group" "primary" {
  provider   = aws.primary
  name       = "fixture"
  subnet_ids = aws_subnet.primary[*].id
}

resource "aws_db_subnet_group" "replica" {
  provider   = aws.replica
  name       = "fixture"
  subnet_ids = aws_subnet.replica[*].id
}

resource "aws_db_parameter_group" "primary" {
  provider = aws.primary
  name     = "fixture"
  family   = "postgres15"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name         = "shared_preload_libraries"
    value        = "pgaudit"
    apply_method = "pending-reboot"
  }
}

resource "aws_cloudwatch_log_group" "postgresql" {
  provider          = aws.primary
  name              = "/aws/rds/instance/fixture-primary/postgresql"
  retention_in_days = 7
}

resource "aws_db_instance" "primary" {
  provider                        = aws.primary
  identifier                      = "fixture-primary"
  engine                          = "postgres"
  engine_version                  = "15"
  instance_class                  = "db.r6g.large"
  allocated_storage               = 100
  max_allocated_storage           = 200
  storage_type                    = "gp3"
  storage_encrypted               = true
  kms_key_id                      = aws_kms_key.database.arn
  db_name                         = "app"
  username                        = "postgres"
  password_wo                     = module.credentials.password
  password_wo_version             = module.credentials.password_version
  multi_az                        = true
  db_subnet_group_name            = aws_db_subnet_group.primary.name
  parameter_group_name            = aws_db_parameter_group.primary.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  backup_retention_period         = 7
  backup_window                   = "03:00-04:00"
  maintenance_window              = "Mon:04:30-Mon:05:30"
  enabled_cloudwatch_logs_exports = ["postgresql"]
  auto_minor_version_upgrade      = false
  apply_immediately               = true
  skip_final_snapshot             = true
  depends_on                      = [aws_cloudwatch_log_group.postgresql]
}

resource "aws_db_instance" "replica" {
  provider               = aws.replica
  identifier             = "fixture-replica"
  replicate_source_db    = aws_db_instance.primary.arn
  instance_class         = "db.r6g.large"
  kms_key_id             = aws_kms_replica_key.database.arn
  storage_encrypted      = true
  db_subnet_group_name   = aws_db_subnet_group.replica.name
  vpc_security_group_ids = [aws_security_group.replica.id]
  skip_final_snapshot    = var.skip_final_snapshot
}

variable "skip_final_snapshot" {
  type        = bool
  default     = true
  description = "Of the replica."
}
