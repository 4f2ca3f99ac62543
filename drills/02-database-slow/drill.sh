# shellcheck shell=bash disable=SC2034
title="Somebody locks the tables, again and again"
hypothesis="Requests get slow but succeed, nothing is lost, and the sessions that are in the way can be found and ended."
injection="a session takes a lock on the expenses for 0.7 s, over and over"
abort="the service itself ends"
expect="ReadLatencyBurnsFast ReadLatencyBurnsSlow WriteLatencyBurnsFast WriteLatencyBurnsSlow"
runbooks="ReadLatencyBurnsFast"

prepare() {
  start_postgres
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  start locker bash -c 'for ((i = 0; i < 600; i++)); do echo "begin; lock table expenses, totals in access exclusive mode; select pg_sleep(0.7); commit;"; done | psql -qAt -v ON_ERROR_STOP=1' 
}

abort_when() { ! curl -fs -o /dev/null "$OUTLAY_URL/livez"; }
