# shellcheck shell=bash disable=SC2034
title="The service dies and stays down"
hypothesis="It is noticed from outside, nothing that was acknowledged is lost, and a start suffices."
injection="the server is killed with SIGKILL"
abort="the database is damaged: outlay doctor says so"
expect="TargetDown JourneyFailing SloMetricAbsent"
runbooks="TargetDown"
again="SloMetricAbsent"

prepare() {
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  pkill -KILL -s "$(pid_of outlay)"
}

abort_when() { ! outlay doctor >/dev/null 2>&1; }
