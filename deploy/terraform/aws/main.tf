locals {
  # maximum_percent: how many servers there are during a release, of those that there were before it, rounded down.
  sizes = {
    small  = { cpu = 256, memory = 1024, servers = 1, servers_max = 1, maximum_percent = 200, class = "db.t4g.small", storage = 20, nat_gateways = 1 }
    medium = { cpu = 512, memory = 1024, servers = 2, servers_max = 3, maximum_percent = 150, class = "db.t4g.medium", storage = 50, nat_gateways = 1 }
    large  = { cpu = 1024, memory = 2048, servers = 2, servers_max = 6, maximum_percent = 150, class = "db.m7g.large", storage = 200, nat_gateways = length(var.zones) }
  }
  size = local.sizes[var.size]
  # Each server holds up to 90 connections of PostgreSQL (60, and 30 for whole lists); the migration, AWS and a person need some, too.
  connections = { for name, size in local.sizes : name => 90 * floor(size.servers_max * size.maximum_percent / 100) + 15 }
}

module "network" {
  source           = "./modules/network"
  name             = var.name
  zones            = var.zones
  nat_gateways     = local.size.nat_gateways
  region           = var.region
  allowed_networks = var.allowed_networks
}

module "database" {
  source            = "./modules/database"
  name              = var.name
  class             = local.size.class
  storage           = local.size.storage
  instances         = var.databases
  connections       = local.connections[var.size]
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.network.database_security_group_id
}

module "backups" {
  source    = "./modules/backups"
  name      = var.name
  lock_days = var.backup_lock_days
}

module "service" {
  source                        = "./modules/service"
  name                          = var.name
  region                        = var.region
  image                         = var.image
  size                          = local.size
  vpc_id                        = module.network.vpc_id
  network                       = module.network.cidr_block
  public_subnet_ids             = module.network.public_subnet_ids
  private_subnet_ids            = module.network.private_subnet_ids
  load_balancer_security_group  = module.network.load_balancer_security_group_id
  server_security_group         = module.network.server_security_group_id
  certificate_arn               = var.certificate_arn
  database_address              = module.database.address
  database_name                 = module.database.name
  database_administrator_secret = module.database.administrator_secret_arn
  backup_bucket                 = module.backups.bucket
  backup_bucket_arn             = module.backups.bucket_arn
}

module "watch" {
  source         = "./modules/watch"
  name           = var.name
  alarm_email    = var.alarm_email
  monthly_budget = var.monthly_budget
  load_balancer  = module.service.load_balancer_suffix
  target_group   = module.service.target_group_suffix
  cluster        = module.service.cluster
  service        = module.service.service
  database       = module.database.identifier
  storage        = local.size.storage
}
