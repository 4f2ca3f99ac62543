# shellcheck shell=bash disable=SC2034
title="The database stops"
hypothesis="Requests are answered 503 within the request budget, the service lives on and says why it is not ready, and it serves again by itself once the database is back."
steady='min(outlay_health_status) == 1 and on () sum(rate(outlay_probe_journeys_total{result="success"}[5s])) > 0 unless on () sum(rate(outlay_probe_journeys_total{result="failure"}[5s])) > 0'
injection="PostgreSQL is stopped at once, as a crash would"
abort="the service itself ends"
expect="DatabaseUnreachable CircuitOpen JourneyFailing AvailabilityBurnsFast AvailabilityBurnsSlow JourneyBurnsFast JourneyBurnsSlow"
# A slow burn has to last.
within=90
runbooks="DatabaseUnreachable"

prepare() {
  start_postgres
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  as_postgres "$pg_bin/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null
}

abort_when() { ! curl -fs -o /dev/null "$OUTLAY_URL/livez"; }
