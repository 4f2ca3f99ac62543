# shellcheck shell=bash disable=SC2034
title="The database stops"
hypothesis="Requests are answered 503 within the request budget, the service lives on and says why it is not ready, and it serves again by itself once the database is back."
injection="PostgreSQL is stopped at once, as a crash would"
abort="the service itself ends"
expect="DatabaseUnreachable CircuitOpen JourneyFailing AvailabilityBurnsFast AvailabilityBurnsSlow JourneyBurnsFast JourneyBurnsSlow"
# A slow burn has to last.
within=120
runbooks="DatabaseUnreachable"
again="AvailabilityBurnsFast JourneyFailing"

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
