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
  description = "What deploy/terraform/aws/task works with. Nothing here changes with the image: it holds where only definitions of tasks were applied."
  value = {
    cluster         = module.service.cluster
    service         = module.service.service
    servers         = local.size.servers
    subnets         = module.network.private_subnet_ids
    security_groups = [module.network.server_security_group_id]
    families        = { for task in ["migrate", "login"] : task => "${var.name}-${task}" }
  }
}
