variable "name" { type = string }
variable "alarm_email" { type = string }
variable "monthly_budget" { type = number }
variable "load_balancer" { type = string }
variable "target_group" { type = string }
variable "cluster" { type = string }
variable "service" { type = string }
variable "database" { type = string }
variable "storage" { type = number }

locals {
  balancer = { LoadBalancer = var.load_balancer }
  target   = { LoadBalancer = var.load_balancer, TargetGroup = var.target_group }
  database = { DBInstanceIdentifier = var.database }
  # What hurts users first, then what will.
  alarms = {
    nobody-serves  = { namespace = "AWS/ApplicationELB", metric = "HealthyHostCount", dimensions = local.target, statistic = "Minimum", compare = "LessThanThreshold", threshold = 1, minutes = 2, missing = "breaching" }
    errors         = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = local.target, statistic = "Sum", compare = "GreaterThanThreshold", threshold = 5, minutes = 5, missing = "notBreaching" }
    unreachable    = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = local.balancer, statistic = "Sum", compare = "GreaterThanThreshold", threshold = 5, minutes = 5, missing = "notBreaching" }
    slow           = { namespace = "AWS/ApplicationELB", metric = "TargetResponseTime", dimensions = local.target, statistic = "Average", compare = "GreaterThanThreshold", threshold = 0.5, minutes = 10, missing = "notBreaching" }
    server-cpu     = { namespace = "AWS/ECS", metric = "CPUUtilization", dimensions = { ClusterName = var.cluster, ServiceName = var.service }, statistic = "Average", compare = "GreaterThanThreshold", threshold = 90, minutes = 15, missing = "notBreaching" }
    server-memory  = { namespace = "AWS/ECS", metric = "MemoryUtilization", dimensions = { ClusterName = var.cluster, ServiceName = var.service }, statistic = "Maximum", compare = "GreaterThanThreshold", threshold = 90, minutes = 15, missing = "notBreaching" }
    database-disk  = { namespace = "AWS/RDS", metric = "FreeStorageSpace", dimensions = local.database, statistic = "Minimum", compare = "LessThanThreshold", threshold = var.storage * pow(2, 30) / 10, minutes = 10, missing = "breaching" }
    database-cpu   = { namespace = "AWS/RDS", metric = "CPUUtilization", dimensions = local.database, statistic = "Average", compare = "GreaterThanThreshold", threshold = 90, minutes = 15, missing = "breaching" }
    database-burst = { namespace = "AWS/RDS", metric = "CPUCreditBalance", dimensions = local.database, statistic = "Minimum", compare = "LessThanThreshold", threshold = 20, minutes = 15, missing = "notBreaching" }
  }
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.alarms.arn
}

# The key that AWS keeps for topics does not let alarms in.
resource "aws_kms_key" "alarms" {
  description         = "${var.name}: alarms on their way"
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.this.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = { Service = "cloudwatch.amazonaws.com" }, Action = ["kms:Decrypt", "kms:GenerateDataKey*"], Resource = "*" },
    ]
  })
}

data "aws_caller_identity" "this" {}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.compare
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_budgets_budget" "month" {
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  notification {
    notification_type          = "ACTUAL"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
  notification {
    notification_type          = "FORECASTED"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
}
