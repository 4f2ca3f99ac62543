# shellcheck shell=bash disable=SC2034
title="The clock of the service is an hour ahead"
hypothesis="Nothing is lost or removed, and the difference is told."
steady='min(outlay_health_status) == 1 and on () sum(rate(outlay_probe_journeys_total{result="success"}[5s])) > 0 unless on () sum(rate(outlay_probe_journeys_total{result="failure"}[5s])) > 0'
injection="the service is started again with its clock an hour ahead"
abort="requests fail"
expect="ClockSkewed"
runbooks="ClockSkewed"

prepare() {
  need faketime faketime
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  CLOCK=+1h $RESTART_OUTLAY
}

abort_when() { false; }
