# shellcheck shell=bash disable=SC2034
title="A label gets more values than a metric may have"
hypothesis="The service keeps its memory, counts together what is over the limit, and says so."
injection="a service that may keep three series of a metric only gets requests to more routes than that"
abort="requests fail"
expect="MetricsOverflow"
runbooks="MetricsOverflow"

prepare() {
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  echo METRIC_SERIES_LIMIT=3 >"$work/outlay.env"
  $RESTART_OUTLAY
  await 60 "a server that is ready" curl -fs "$OUTLAY_URL/readyz"
  for path in / /expenses /trash /changes /expenses/summary /docs /openapi.json; do curl -s -o /dev/null "$OUTLAY_URL$path"; done
}
