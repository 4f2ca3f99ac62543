# shellcheck shell=bash disable=SC2034
title="The self-check hangs"
hypothesis="That nobody looks at totals and history any more is told, though nothing is wrong with them, and the service goes on."
injection="a session that is stuck keeps the lock of the self-check"
abort="requests fail"
expect="SelfCheckOverdue"
runbooks="SelfCheckOverdue"

prepare() {
  start_postgres
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  start stuck psql -qc "begin; select pg_advisory_xact_lock(hashtextextended('integrity check', 0)); select pg_sleep(3600)"
}
