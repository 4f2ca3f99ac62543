resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/log"
  retention_in_days = 30
}

resource "aws_cloudwatch_log_group" "metrics" {
  name              = "/${var.name}/metrics"
  retention_in_days = 30
}

resource "aws_ecs_cluster" "this" {
  name = var.name
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = aws_ecs_cluster.this.arn
  launch_type     = "FARGATE"
  task_definition = aws_ecs_task_definition.this["server"].arn
  desired_count   = var.size.servers
  # A new server is ready before an old one goes, and a release that does not become ready is taken back.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = var.size.maximum_percent
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  # It waits for the migration, which backs up a large book first.
  health_check_grace_period_seconds = 600
  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [var.server_security_group]
    assign_public_ip = false
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "outlay"
    container_port   = 8000
  }
  depends_on = [aws_lb_listener.https]
  lifecycle {
    # The autoscaler decides.
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "servers" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
  min_capacity       = var.size.servers
  max_capacity       = var.size.servers_max
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.servers.service_namespace
  scalable_dimension = aws_appautoscaling_target.servers.scalable_dimension
  resource_id        = aws_appautoscaling_target.servers.resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

output "cluster" { value = aws_ecs_cluster.this.name }
output "service" { value = aws_ecs_service.this.name }
output "load_balancer" { value = aws_lb.this.dns_name }
output "load_balancer_suffix" { value = aws_lb.this.arn_suffix }
output "target_group_suffix" { value = aws_lb_target_group.this.arn_suffix }
output "login_secret" { value = aws_secretsmanager_secret.login.arn }
output "administrator_secret" { value = aws_secretsmanager_secret.administrator.arn }
