locals {
  may_be_taken_by_tasks = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# The login of the servers, and the secret of the administrator. Their values are put there by a person and never are in the state.
resource "aws_secretsmanager_secret" "login" {
  name_prefix = "${var.name}-login-"
}

resource "aws_secretsmanager_secret" "administrator" {
  name_prefix = "${var.name}-administrator-"
}

# What starts a task: writes its log and reads its secrets, and no others.
resource "aws_iam_role" "start" {
  name               = "${var.name}-start"
  assume_role_policy = local.may_be_taken_by_tasks
}

resource "aws_iam_role_policy" "start" {
  name = "start"
  role = aws_iam_role.start.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.this.arn}:*" },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = [aws_secretsmanager_secret.login.arn, aws_secretsmanager_secret.administrator.arn, var.database_administrator_secret] },
    ]
  })
}

# What a server may do: keep backups in its folder of the bucket, and tell its figures. A backup that is locked it cannot remove.
resource "aws_iam_role" "server" {
  name               = "${var.name}-server"
  assume_role_policy = local.may_be_taken_by_tasks
}

resource "aws_iam_role_policy" "server" {
  name = "server"
  role = aws_iam_role.server.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:ListBucket", "s3:ListBucketMultipartUploads"], Resource = var.backup_bucket_arn },
      { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], Resource = "${var.backup_bucket_arn}/outlay/*" },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], Resource = "${aws_cloudwatch_log_group.metrics.arn}:*" },
    ]
  })
}
