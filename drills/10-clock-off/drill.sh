# shellcheck shell=bash disable=SC2034
title="The clock of the service is an hour ahead"
hypothesis="Nothing is lost or removed, and the difference is told."
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
  await 60 "a server that is ready" curl -fs "$OUTLAY_URL/readyz"
}
