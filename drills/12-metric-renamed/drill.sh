# shellcheck shell=bash disable=SC2034
title="A metric that alerts read is gone after an upgrade"
hypothesis="The alert that would be blind is found out at once, and not when it is needed."
injection="Prometheus no longer gets outlay_history_faults and what the availability is counted from"
abort="requests fail"
expect="MetricAbsent SloMetricAbsent"
runbooks="MetricAbsent"

prepare() {
  start_outlay
  start_probe
  start_prometheus
  cp "$PROMETHEUS_CONFIG" "$PROMETHEUS_CONFIG.before"
  export PROMETHEUS_CONFIG_BEFORE=$PROMETHEUS_CONFIG.before
}

inject() {
  sed -i '/job_name: outlay$/a\    metric_relabel_configs: [{source_labels: [__name__], regex: "outlay_history_faults|http_server_request_duration_seconds_.*", action: drop}]' "$PROMETHEUS_CONFIG"
  curl -fs -X POST "$PROMETHEUS_URL/-/reload"
}
