# shellcheck shell=bash disable=SC2034
title="More requests than connections"
hypothesis="Requests that get no connection in time are answered 503, the probe of the process goes on, and everything is served again when the crowd is gone."
injection="readers wait on a locked table until every connection is taken"
abort="the service itself ends"
expect="PoolSaturated"
runbooks="PoolSaturated"

prepare() {
  start_postgres
  # The turnstile of the service would let fewer in than there are connections.
  start_outlay MAX_CONCURRENT_REQUESTS=1000
  start_probe
  start_prometheus
}

inject() {
  start locker bash -c 'psql -qAt -c "begin; lock table expenses in access exclusive mode; select pg_sleep(600)"'
  start crowd bash -c 'while :; do curl -s -o /dev/null -Z --parallel-immediate --parallel-max 150 "$OUTLAY_URL/expenses?limit=1&q=[1-3000]" || true; done' 
}

abort_when() { ! curl -fs -o /dev/null "$OUTLAY_URL/livez"; }
