# shellcheck shell=bash disable=SC2034
title="The service dies and stays down"
hypothesis="It is noticed from outside, nothing that was acknowledged is lost, and a start suffices."
steady='min(outlay_health_status) == 1 and on () sum(rate(outlay_probe_journeys_total{result="success"}[5s])) > 0 unless on () sum(rate(outlay_probe_journeys_total{result="failure"}[5s])) > 0'
injection="the server is killed with SIGKILL"
abort="the database is damaged: outlay doctor says so"
expect="TargetDown JourneyFailing SloMetricAbsent"
runbooks="TargetDown"

prepare() {
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  pkill -KILL -s "$(pid_of outlay)"
}

abort_when() { false; }
