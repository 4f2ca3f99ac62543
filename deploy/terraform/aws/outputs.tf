output "load_balancer" {
  description = "What the domain must point to, as a CNAME or alias."
  value       = module.service.load_balancer
}

output "url" {
  description = "Where people find the service."
  value       = "https://${var.domain}"
}

output "backup_bucket" {
  description = "Where backups are kept."
  value       = module.backups.bucket
}

output "login_secret" {
  description = "The secret to fill with the password of the servers' login."
  value       = module.service.login_secret
}

output "administrator_secret" {
  description = "The secret to fill with the administrator's, with which keys are made."
  value       = module.service.administrator_secret
}

output "tasks" {
  description = "What deploy/terraform/aws/task starts: cluster, network and the definitions of tasks that run once."
  value = {
    cluster         = module.service.cluster
    subnets         = module.network.private_subnet_ids
    security_groups = [module.network.server_security_group_id]
    definitions     = module.service.task_definitions
  }
}
