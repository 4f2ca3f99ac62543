# shellcheck shell=bash disable=SC2034
title="Alerts no longer arrive"
hypothesis="Whoever waits for the Watchdog notices that it does not come, whatever stopped it."
injection="Prometheus is stopped, and with it every alert"
abort="requests fail"
expect="Watchdog"
runbooks="Watchdog"

prepare() {
  start_outlay
  start_probe
  start_prometheus
  export START_PROMETHEUS="kill -CONT $(pid_of prometheus)"
}

# This alert tells by its absence.
is_seen() { ! is_firing "$1"; }

is_over() { is_firing "$1"; }

inject() {
  kill -STOP "$(pid_of prometheus)"
}
