resource "aws_sns_topic" "alarms" {
  provider          = aws.replica
  name              = "fixture-alarms"
  kms_master_key_id = aws_kms_key.alarms.arn
}

resource "aws_kms_key" "alarms" {
  provider            = aws.replica
  enable_key_rotation = true
  # Written as AWS does not write it: order and single values differ.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = ["arn:${data.aws_partition.this.partition}:iam::${data.aws_caller_identity.this.account_id}:root"] }
        Action    = ["kms:*"]
        Resource  = ["*"]
      },
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"] }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*"
      },
    ]
  })
}

data "aws_region" "replica" { provider = aws.replica }

resource "aws_sns_topic_policy" "alarms" {
  provider = aws.replica
  arn      = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
    }]
  })
}

resource "aws_sns_topic_subscription" "guard" {
  provider  = aws.replica
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.guard.arn
}

resource "aws_sns_topic_subscription" "human" {
  provider  = aws.replica
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = "oncall@example.com"
}

resource "aws_sqs_queue" "failed" {
  provider                = aws.replica
  name                    = "fixture-failed"
  sqs_managed_sse_enabled = true
}

resource "aws_iam_role" "guard" {
  provider = aws.replica
  name     = "fixture-guard"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "guard" {
  provider = aws.replica
  name     = "ledger"
  role     = aws_iam_role.guard.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = aws_dynamodb_table.ledger.arn }]
  })
}

resource "aws_iam_policy" "network" {
  provider = aws.replica
  name     = "fixture-network"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = aws_sqs_queue.failed.arn },
      {
        Effect   = "Allow"
        Action   = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "network" {
  provider   = aws.replica
  role       = aws_iam_role.guard.name
  policy_arn = aws_iam_policy.network.arn
}

resource "aws_cloudwatch_log_group" "guard" {
  provider          = aws.replica
  name              = "/aws/lambda/fixture-guard"
  retention_in_days = 30
}

resource "aws_lambda_function" "guard" {
  provider         = aws.replica
  function_name    = "fixture-guard"
  role             = aws_iam_role.guard.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  filename         = "guard.zip"
  source_code_hash = filebase64sha256("guard.zip")
  timeout          = 120
  environment {
    variables = { LEDGER = aws_dynamodb_table.ledger.name }
  }
  vpc_config {
    subnet_ids         = aws_subnet.replica[*].id
    security_group_ids = [aws_security_group.replica.id]
  }
  depends_on = [aws_cloudwatch_log_group.guard, aws_iam_role_policy_attachment.network]
}

resource "aws_lambda_permission" "schedule" {
  provider      = aws.replica
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.guard.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.tick.arn
}

resource "aws_lambda_permission" "topic" {
  provider      = aws.replica
  statement_id  = "topic"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.guard.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.alarms.arn
}

resource "aws_lambda_function_event_invoke_config" "guard" {
  provider               = aws.replica
  function_name          = aws_lambda_function.guard.function_name
  maximum_retry_attempts = 0
  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed.arn
    }
  }
}

resource "aws_db_event_subscription" "replica" {
  provider         = aws.replica
  name             = "fixture-db-events"
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-instance"
  source_ids       = [aws_db_instance.replica.identifier]
  event_categories = ["failover", "read replica"]
  depends_on       = [aws_sns_topic_policy.alarms]
}

resource "aws_cloudwatch_dashboard" "guard" {
  provider       = aws.replica
  dashboard_name = "fixture"
  dashboard_body = jsonencode({ widgets = [{ type = "metric", properties = { region = "eu-west-1", metrics = [["Fixture", "ActiveWriter"]] } }] })
}

resource "aws_cloudwatch_event_rule" "tick" {
  provider            = aws.replica
  name                = "fixture-tick"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "tick" {
  provider = aws.replica
  rule     = aws_cloudwatch_event_rule.tick.name
  arn      = aws_lambda_function.guard.arn
  input    = jsonencode({ action = "tick" })
}

resource "aws_dynamodb_table" "ledger" {
  provider     = aws.replica
  name         = "fixture-ledger"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.alarms.arn
  }
}
