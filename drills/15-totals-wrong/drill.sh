# shellcheck shell=bash disable=SC2034
title="The totals are not what the expenses add up to"
hypothesis="The self-check finds it while the history is sound, and building them anew mends it."
injection="a total is changed with SQL"
abort="requests fail"
expect="TotalsMismatch"
runbooks="TotalsMismatch"
# No backup comes between.
export BACKUP_INTERVAL=1d

prepare() {
  start_postgres
  outlay add 3.50 Coffee >/dev/null
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  psql -qc "update totals set amount = amount + 100 where currency <> 'XTS'"
}
