# shellcheck shell=bash disable=SC2034
title="The service keeps restarting"
hypothesis="Each start is clean, and the alert tells a loop from a single restart."
injection="the server is killed with SIGKILL and started again, four times"
abort="the server does not start any more"
expect="RestartLoop"
runbooks="RestartLoop"

prepare() {
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  for ((i = 0; i < 4; i++)); do
    pkill -KILL -s "$(pid_of outlay)"
    # Until it is gone, it counts as running.
    while pgrep -s "$(pid_of outlay)" >/dev/null; do sleep 0.1; done
    $START_OUTLAY
    await 60 "a server that is ready" curl -fs "$OUTLAY_URL/readyz"
    sleep 3
  done
}

abort_when() { ! curl -fs -m 5 -o /dev/null "$OUTLAY_URL/readyz"; }
