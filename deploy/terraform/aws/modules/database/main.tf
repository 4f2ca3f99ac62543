variable "name" { type = string }
variable "class" { type = string }
variable "storage" { type = number }
variable "subnet_ids" { type = list(string) }
variable "security_group_id" { type = string }

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
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier             = var.name
  engine                 = "postgres"
  engine_version         = "17"
  instance_class         = var.class
  allocated_storage      = var.storage
  max_allocated_storage  = var.storage * 5
  storage_type           = "gp3"
  storage_encrypted      = true
  multi_az               = true
  db_name                = "expense_tracker"
  username               = "outlay_admin"
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
  final_snapshot_identifier       = "${var.name}-final"
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
}

output "identifier" { value = aws_db_instance.this.identifier }
output "address" { value = aws_db_instance.this.address }
output "name" { value = aws_db_instance.this.db_name }
output "administrator_secret_arn" { value = aws_db_instance.this.master_user_secret[0].secret_arn }
