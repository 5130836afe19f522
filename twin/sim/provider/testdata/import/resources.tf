resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "imported" }
}

resource "aws_sns_topic" "this" {
  name = "imported"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "imported"
  retention_in_days = 7
}
