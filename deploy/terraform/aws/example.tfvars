# Copy it to terraform.tfvars, and change every line.
region           = "eu-central-1"
zones            = ["eu-central-1a", "eu-central-1b"]
image            = "ghcr.io/OWNER/outlay@sha256:DIGEST"
domain           = "outlay.example.com"
certificate_arn  = "arn:aws:acm:eu-central-1:ACCOUNT:certificate/ID"
allowed_networks = ["203.0.113.0/24"]
alarm_email      = "ops@example.com"
monthly_budget   = 250
size             = "small"
