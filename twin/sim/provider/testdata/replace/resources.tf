# One resource a service; the variable changes what can't be changed in place.
variable "round" {
  type    = number
  default = 1
}

variable "note" {
  type    = string
  default = ""
}

resource "aws_vpc" "this" {
  cidr_block = "10.${var.round}.0.0/16"
}

resource "aws_subnet" "this" {
  vpc_id     = aws_vpc.this.id
  cidr_block = cidrsubnet(aws_vpc.this.cidr_block, 8, 1)
}

resource "aws_security_group" "this" {
  name        = "fixture"
  description = "Round ${var.round}"
  vpc_id      = aws_vpc.this.id
}

resource "aws_kms_key" "this" {
  description             = var.note
  multi_region            = var.round == 1
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "this" {
  name          = "alias/fixture-${var.round}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_sns_topic" "this" {
  name         = "fixture-${var.round}"
  display_name = var.note
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = "oncall-${var.round}@example.com"
}

resource "aws_sqs_queue" "this" {
  name = "fixture-${var.round}"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "fixture-${var.round}"
  retention_in_days = var.note == "" ? 7 : 14
}

resource "aws_iam_role" "this" {
  name        = "fixture-${var.round}"
  description = var.note
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_db_parameter_group" "this" {
  name   = "fixture"
  family = "postgres${14 + var.round}"
  parameter {
    name  = "log_min_duration_statement"
    value = var.note == "" ? "1000" : "2000"
  }
}

resource "aws_dynamodb_table" "this" {
  name         = "fixture"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id${var.round}"
  attribute {
    name = "id${var.round}"
    type = "S"
  }
}

resource "aws_route53_zone" "this" {
  name    = "r${var.round}.internal"
  comment = var.note
  vpc {
    vpc_id = aws_vpc.this.id
  }
}
