variable "name" { type = string }
variable "class" { type = string }
variable "storage" { type = number }
variable "connections" { type = number }
variable "instances" {
  description = "By number: null for one that is made empty, a moment for what the one before it was then. The highest number is used."
  type        = map(string)
}
variable "subnet_ids" { type = list(string) }
variable "security_group_id" { type = string }

locals {
  names   = { for number in range(1, 100) : tostring(number) => number == 1 ? var.name : "${var.name}-${number}" }
  current = tostring(max([for number in keys(var.instances) : tonumber(number)]...))
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres17"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name         = "max_connections"
    value        = tostring(var.connections)
    apply_method = "pending-reboot"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  for_each              = var.instances
  identifier            = local.names[each.key]
  engine                = "postgres"
  engine_version        = "17"
  instance_class        = var.class
  allocated_storage     = var.storage
  max_allocated_storage = var.storage * 5
  storage_type          = "gp3"
  storage_encrypted     = true
  multi_az              = true
  # One that is restored has what it was.
  db_name                = each.value == null ? "expense_tracker" : null
  username               = each.value == null ? "outlay_admin" : null
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  parameter_group_name   = aws_db_parameter_group.this.name
  publicly_accessible    = false
  # Kept and changed by AWS: it never is in the state.
  manage_master_user_password     = true
  backup_retention_period         = 14
  copy_tags_to_snapshot           = true
  deletion_protection             = true
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${local.names[each.key]}-final"
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  dynamic "restore_to_point_in_time" {
    for_each = each.value == null ? [] : [each.value]
    content {
      source_db_instance_identifier = local.names[tostring(tonumber(each.key) - 1)]
      restore_time                  = restore_to_point_in_time.value
    }
  }
}

output "identifier" { value = aws_db_instance.this[local.current].identifier }
output "address" { value = aws_db_instance.this[local.current].address }
output "name" { value = "expense_tracker" }
output "administrator_secret_arn" { value = aws_db_instance.this[local.current].master_user_secret[0].secret_arn }
