locals {
  logs = {
    logDriver = "awslogs"
    options   = { "awslogs-group" = aws_cloudwatch_log_group.this.name, "awslogs-region" = var.region, "awslogs-stream-prefix" = "outlay" }
  }
  # What docs/configuration.md calls the settings.
  settings = {
    LISTEN = "http://0.0.0.0:8000"
    # Whatever reaches a server comes from the load balancer, and is in this network.
    TRUSTED_PROXIES             = var.network
    DB_HOST                     = var.database_address
    DB_NAME                     = var.database_name
    DATA_DIR                    = "/data"
    S3_BACKUP_BUCKET            = var.backup_bucket
    S3_BACKUP_REGION            = var.region
    DRAIN_DELAY                 = "15s"
    SHUTDOWN_TIMEOUT            = "45s"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
  }
  outlay = {
    name                   = "outlay"
    image                  = var.image
    essential              = true
    user                   = "1654:1654"
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"], add = [] }, initProcessEnabled = false }
    # The storage of a task is its own, is encrypted, and goes with it. It belongs to the account of the image, which declares this volume.
    mountPoints      = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    environment      = [for name, value in merge(local.settings, { TMPDIR = "/data" }) : { name = name, value = value }]
    logConfiguration = local.logs
  }
  server = merge(local.outlay, {
    command      = ["serve"]
    portMappings = [{ containerPort = 8000, protocol = "tcp" }]
    secrets = [
      { name = "DB_PASSWORD", valueFrom = aws_secretsmanager_secret.login.arn },
      # Nobody gets in without a key; with this secret keys are made over HTTP.
      { name = "ADMIN_SECRET", valueFrom = aws_secretsmanager_secret.administrator.arn },
    ]
    environment = concat(local.outlay.environment, [{ name = "DB_USER", value = "outlay_web" }])
    # Longer than SHUTDOWN_TIMEOUT.
    stopTimeout = 60
    healthCheck = { command = ["CMD", "/app/outlay", "healthcheck"], interval = 10, timeout = 5, retries = 3, startPeriod = 300 }
  })
  administrator = [
    { name = "DB_USER", valueFrom = "${var.database_administrator_secret}:username::" },
    { name = "DB_PASSWORD", valueFrom = "${var.database_administrator_secret}:password::" },
  ]
  migrate = merge(local.outlay, {
    command = ["migrate"]
    secrets = local.administrator
    # Nobody takes in its figures, and its backup must reach the bucket before the schema changes.
    environment = [for one in local.outlay.environment : one if one.name != "OTEL_EXPORTER_OTLP_ENDPOINT"]
  })
  # Takes figures over OTLP and writes them to CloudWatch.
  collector = {
    name                   = "collector"
    image                  = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.1@sha256:db725ac7007ef1d9b5a357a59f3b964ab9e1df23ebb0dfc694275019048b489b"
    essential              = false
    readonlyRootFilesystem = true
    cpu                    = 32
    memory                 = 128
    logConfiguration       = local.logs
    environment = [{ name = "AOT_CONFIG_CONTENT", value = yamlencode({
      receivers  = { otlp = { protocols = { http = { endpoint = "127.0.0.1:4318" } } } }
      processors = { batch = {} }
      exporters  = { awsemf = { namespace = var.name, log_group_name = aws_cloudwatch_log_group.metrics.name, region = var.region } }
      service    = { pipelines = { metrics = { receivers = ["otlp"], processors = ["batch"], exporters = ["awsemf"] } } }
    }) }]
  }
  # Makes the login of the servers, or gives it the password that is in the secret now. Run after the first migration, which makes its role.
  login = {
    name                   = "login"
    image                  = "public.ecr.aws/docker/library/postgres:17.6-bookworm@sha256:f3bd19c606e442c3d7bdfa8002e03fe260a1023351e0ea4598032022b68dd6e3"
    essential              = true
    user                   = "999:999"
    readonlyRootFilesystem = true
    environment            = [{ name = "PGHOST", value = var.database_address }, { name = "PGDATABASE", value = var.database_name }, { name = "PGSSLMODE", value = "require" }]
    secrets = concat(
      [for one in local.administrator : { name = one.name == "DB_USER" ? "PGUSER" : "PGPASSWORD", valueFrom = one.valueFrom }],
    [{ name = "LOGIN_PASSWORD", valueFrom = aws_secretsmanager_secret.login.arn }])
    entryPoint       = ["sh", "-c"]
    command          = [file("${path.module}/login.sh")]
    logConfiguration = local.logs
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = { server = [local.server, local.collector], migrate = [local.migrate], login = [local.login] }
  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = each.key == "login" ? null : aws_iam_role.server.arn
  container_definitions    = jsonencode(each.value)
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }
  dynamic "volume" {
    for_each = each.key == "login" ? [] : ["data"]
    content {
      name = volume.value
    }
  }
}
