variable "name" {
  description = "What everything is called: 3 to 20 lower-case letters, digits and hyphens."
  type        = string
  default     = "outlay"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "Use 3 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Where it runs, such as eu-central-1."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Use the code of a region, such as eu-central-1."
  }
}

variable "zones" {
  description = "Two or three availability zones of the region."
  type        = list(string)
  validation {
    condition     = length(distinct(var.zones)) == length(var.zones) && contains([2, 3], length(var.zones)) && alltrue([for zone in var.zones : startswith(zone, var.region)])
    error_message = "Name two or three different zones of the region, such as [\"eu-central-1a\", \"eu-central-1b\"]."
  }
}

variable "size" {
  description = "small, medium or large: docs/deploy/aws.md says what each costs."
  type        = string
  default     = "small"
  validation {
    condition     = contains(["small", "medium", "large"], var.size)
    error_message = "Use small, medium or large."
  }
}

variable "image" {
  description = "The image by its digest: registry/name@sha256:…"
  type        = string
  validation {
    condition     = can(regex("^[^@ ]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest, so that what runs cannot change: registry/name@sha256:…"
  }
}

variable "domain" {
  description = "The name that people type. It must be covered by the certificate."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "Use a full name, such as outlay.example.com."
  }
}

variable "certificate_arn" {
  description = "The certificate of the load balancer, in AWS Certificate Manager of the same region."
  type        = string
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "Use the ARN of a certificate in AWS Certificate Manager."
  }
}

variable "allowed_networks" {
  description = "The networks that may reach the service, as CIDR blocks. Whoever comes from there still needs a key."
  type        = list(string)
  validation {
    condition     = length(var.allowed_networks) > 0 && alltrue([for network in var.allowed_networks : can(cidrhost(network, 0)) && !endswith(network, "/0")])
    error_message = "Name at least one network, such as 203.0.113.0/24, and not the whole internet."
  }
}

variable "databases" {
  description = "The instances of the database, by number: 1 is made empty (null), each other one is what the one before it was at a moment. The highest number is used."
  type        = map(string)
  default     = { "1" = null }
  validation {
    condition     = length(var.databases) > 0 && alltrue([for number, moment in var.databases : can(regex("^[1-9][0-9]?$", number)) && (number == "1" ? moment == null : can(formatdate("YYYY", moment)))])
    error_message = "Use numbers from 1 and moments such as \"2026-02-19T10:30:00Z\"; 1 has none: { \"1\" = null, \"2\" = \"2026-02-19T10:30:00Z\" }."
  }
}

variable "backup_lock_days" {
  description = "How many days nobody can remove a backup from the bucket, 1 to 365."
  type        = number
  default     = 30
  validation {
    condition     = var.backup_lock_days >= 1 && var.backup_lock_days <= 365
    error_message = "Use 1 to 365 days."
  }
}

variable "alarm_email" {
  description = "Who is told of alarms and of the budget."
  type        = string
  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "Use an e-mail address."
  }
}

variable "monthly_budget" {
  description = "What a month may cost, in US dollars: you are told at 80 % of it, and when it is forecast to be exceeded."
  type        = number
  validation {
    condition     = var.monthly_budget > 0
    error_message = "Use an amount above 0."
  }
}
