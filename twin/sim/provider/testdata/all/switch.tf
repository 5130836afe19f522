resource "aws_cloudwatch_metric_alarm" "writer" {
  provider            = aws.replica
  alarm_name          = "fixture-active-writer"
  namespace           = "Fixture"
  metric_name         = "ActiveWriter"
  dimensions          = { Environment = "fixture" }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_route53_zone" "private" {
  provider = aws.primary
  name     = "db-fixture.internal."
  vpc {
    vpc_id = aws_vpc.primary.id
  }
  lifecycle {
    ignore_changes = [vpc]
  }
}

resource "aws_route53_zone_association" "replica" {
  provider   = aws.replica
  zone_id    = aws_route53_zone.private.zone_id
  vpc_id     = aws_vpc.replica.id
  vpc_region = "eu-west-1"
}

resource "aws_route53_health_check" "writer" {
  provider                        = aws.primary
  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = aws_cloudwatch_metric_alarm.writer.alarm_name
  cloudwatch_alarm_region         = "eu-west-1"
  insufficient_data_health_status = "LastKnownStatus"
  triggers                        = { threshold = aws_cloudwatch_metric_alarm.writer.threshold }
}

resource "aws_route53_record" "primary" {
  provider        = aws.primary
  zone_id         = aws_route53_zone.private.zone_id
  name            = "Writer.db-fixture.internal"
  type            = "CNAME"
  ttl             = 5
  records         = [aws_db_instance.primary.address]
  set_identifier  = "primary"
  health_check_id = aws_route53_health_check.writer.id
  weighted_routing_policy {
    weight = 100
  }
}

resource "aws_route53_record" "replica" {
  provider       = aws.replica
  zone_id        = aws_route53_zone.private.zone_id
  name           = "writer.db-fixture.internal"
  type           = "CNAME"
  ttl            = 5
  records        = [aws_db_instance.replica.address]
  set_identifier = "replica"
  weighted_routing_policy {
    weight = 0
  }
}
