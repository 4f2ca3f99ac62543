mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "outlay.mock.example.com"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:administrator", kms_key_id = "k", secret_status = "active" }]
    }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::outlay-backups-mock" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:login" }
  }
}

variables {
  region           = "eu-central-1"
  zones            = ["eu-central-1a", "eu-central-1b"]
  image            = "ghcr.io/example/outlay@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  domain           = "outlay.example.com"
  certificate_arn  = "arn:aws:acm:eu-central-1:123456789012:certificate/mock"
  allowed_networks = ["203.0.113.0/24"]
  alarm_email      = "ops@example.com"
  monthly_budget   = 200
}

run "the_database_is_private_encrypted_in_two_zones_and_not_deleted_by_mistake" {
  module {
    source = "./modules/database"
  }
  variables {
    name              = "outlay"
    class             = "db.t4g.small"
    storage           = 20
    instances         = { "1" = null }
    connections       = 200
    subnet_ids        = ["a", "b"]
    security_group_id = "sg"
  }
  assert {
    condition     = aws_db_instance.this["1"].multi_az && aws_db_instance.this["1"].storage_encrypted && aws_db_instance.this["1"].deletion_protection && !aws_db_instance.this["1"].publicly_accessible
    error_message = "The database gave up a protection."
  }
  assert {
    condition     = aws_db_instance.this["1"].manage_master_user_password && aws_db_instance.this["1"].password == null && aws_db_instance.this["1"].backup_retention_period >= 7
    error_message = "Its password must be kept by AWS, and its own backups for a week."
  }
}

run "a_database_is_restored_to_a_moment_beside_the_present_one_and_then_used" {
  module {
    source = "./modules/database"
  }
  variables {
    name              = "outlay"
    class             = "db.t4g.small"
    storage           = 20
    instances         = { "1" = null, "2" = "2026-02-19T10:30:00Z" }
    connections       = 200
    subnet_ids        = ["a", "b"]
    security_group_id = "sg"
  }
  assert {
    condition     = aws_db_instance.this["2"].restore_to_point_in_time[0].source_db_instance_identifier == aws_db_instance.this["1"].identifier && aws_db_instance.this["2"].restore_to_point_in_time[0].restore_time == "2026-02-19T10:30:00Z"
    error_message = "It is not what the one before it was at that moment."
  }
  assert {
    condition     = output.identifier == "outlay-2" && aws_db_instance.this["1"].identifier == "outlay" && length(aws_db_instance.this["1"].restore_to_point_in_time) == 0
    error_message = "Servers do not get the restored one, or the former one would change."
  }
  assert {
    condition     = length([for one in aws_db_parameter_group.this.parameter : one if one.name == "max_connections" && one.value == "200"]) == 1
    error_message = "The database does not take the connections of its servers."
  }
}

run "backups_are_versioned_locked_encrypted_and_private" {
  module {
    source = "./modules/backups"
  }
  variables {
    name      = "outlay"
    lock_days = 30
  }
  assert {
    condition     = aws_s3_bucket.this.object_lock_enabled && aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_object_lock_configuration.this.rule[0].default_retention[0].days == 30
    error_message = "A backup could be removed before its time."
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets && aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.ignore_public_acls
    error_message = "The bucket could become public."
  }
}

run "the_whole_fits_together" {
  assert {
    condition     = output.url == "https://outlay.example.com" && toset(keys(output.tasks)) == toset(["cluster", "service", "servers", "subnets", "security_groups", "families"])
    error_message = "The outputs are not what deploy/terraform/aws/task and the pages of documentation use."
  }
  assert {
    condition     = alltrue([for size in values(local.sizes) : floor(size.servers * size.maximum_percent / 100) > size.servers])
    error_message = "A release could start no server before an old one goes."
  }
  # What a class takes by itself: its memory, of which the system has a twelfth, through 9,531,392 bytes.
  assert {
    condition     = alltrue([for name, gigabytes in { small = 2, medium = 4, large = 8 } : local.connections[name] <= gigabytes * pow(2, 30) * 11 / 12 / 9531392])
    error_message = "The servers may open more connections than the database has memory for."
  }
}

run "servers_are_as_restricted_as_elsewhere" {
  module {
    source = "./modules/service"
  }
  variables {
    name                          = "outlay"
    size                          = { cpu = 256, memory = 1024, servers = 1, servers_max = 1, maximum_percent = 200 }
    vpc_id                        = "vpc"
    network                       = "10.20.0.0/16"
    public_subnet_ids             = ["a", "b"]
    private_subnet_ids            = ["c", "d"]
    load_balancer_security_group  = "sg1"
    server_security_group         = "sg2"
    database_address              = "db"
    database_name                 = "expense_tracker"
    database_administrator_secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:administrator"
    backup_bucket                 = "bucket"
    backup_bucket_arn             = "arn:aws:s3:::bucket"
  }
  assert {
    condition = alltrue(flatten([for task in ["server", "migrate"] : [for one in jsondecode(aws_ecs_task_definition.this[task].container_definitions) :
      one.readonlyRootFilesystem && one.user == "1654:1654" && join(",", one.linuxParameters.capabilities.drop) == "ALL" if one.name == "outlay"
    ]]))
    error_message = "A container is root, may write its root, or has capabilities."
  }
  assert {
    condition     = !can(regex("\"(DB_PASSWORD|PGPASSWORD|LOGIN_PASSWORD|ADMIN_SECRET)\",\"value\"", join("", [for task in aws_ecs_task_definition.this : task.container_definitions])))
    error_message = "A password stands in a task definition."
  }
  assert {
    condition = alltrue([for one in jsondecode(aws_ecs_task_definition.this["server"].container_definitions) :
      contains([for secret in one.secrets : secret.name], "ADMIN_SECRET") && !contains([for variable in one.environment : variable.name], "ALLOW_ANONYMOUS") if one.name == "outlay"
    ])
    error_message = "Somebody without a key would be let in, or nobody could make one."
  }
  assert {
    condition     = alltrue([for one in jsondecode(aws_ecs_task_definition.this["server"].container_definitions) : one.stopTimeout > 45 if one.name == "outlay"])
    error_message = "The servers are killed before they have finished."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.server.policy, "\"Resource\":\"*\"") && !strcontains(aws_iam_role_policy.start.policy, "\"Resource\":\"*\"") && !strcontains(aws_iam_role_policy.server.policy, "s3:*") && !strcontains(aws_iam_role_policy.server.policy, "Bypass")
    error_message = "A role may do more than it needs."
  }
  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.http.default_action[0].type == "redirect" && !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "The service can be reached without TLS."
  }
  assert {
    condition     = alltrue([for task in ["migrate", "login"] : aws_ecs_task_definition.this[task].family == "outlay-${task}"]) && aws_ecs_service.this.deployment_maximum_percent == 200
    error_message = "A task has another family than deploy/terraform/aws/task asks for, or a release starts more servers than there are connections for."
  }
}

run "a_task_is_found_by_its_family" {
  assert {
    condition     = output.tasks.families == { migrate = "outlay-migrate", login = "outlay-login" }
    error_message = "deploy/terraform/aws/task asks for families that do not exist."
  }
}

run "an_image_without_a_digest_is_refused" {
  command = plan
  variables {
    image = "ghcr.io/example/outlay:latest"
  }
  expect_failures = [var.image]
}

run "the_whole_internet_is_refused" {
  command = plan
  variables {
    allowed_networks = ["0.0.0.0/0"]
  }
  expect_failures = [var.allowed_networks]
}

run "other_inputs_that_make_no_sense_are_refused" {
  command = plan
  variables {
    name             = "Outlay!"
    zones            = ["eu-central-1a"]
    size             = "huge"
    domain           = "outlay"
    certificate_arn  = "certificate"
    backup_lock_days = 0
    alarm_email      = "nobody"
    monthly_budget   = 0
    databases        = { "1" = "2026-02-19T10:30:00Z" }
  }
  expect_failures = [var.databases, var.name, var.zones, var.size, var.domain, var.certificate_arn, var.backup_lock_days, var.alarm_email, var.monthly_budget]
}
