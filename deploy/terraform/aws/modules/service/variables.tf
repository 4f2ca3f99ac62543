variable "name" { type = string }
variable "region" { type = string }
variable "image" { type = string }
variable "size" {
  description = "cpu in 1024ths of a processor, memory in MiB, between how many servers there are, and how many per cent of them during a release."
  type        = object({ cpu = number, memory = number, servers = number, servers_max = number, maximum_percent = number })
}
variable "vpc_id" { type = string }
variable "network" {
  description = "The addresses of the network, as a CIDR block."
  type        = string
}
variable "public_subnet_ids" { type = list(string) }
variable "private_subnet_ids" { type = list(string) }
variable "load_balancer_security_group" { type = string }
variable "server_security_group" { type = string }
variable "certificate_arn" { type = string }
variable "database_address" { type = string }
variable "database_name" { type = string }
variable "database_administrator_secret" { type = string }
variable "backup_bucket" { type = string }
variable "backup_bucket_arn" { type = string }
