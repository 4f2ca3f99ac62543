# shellcheck shell=bash disable=SC2034
title="Somebody changes the records behind the back of the service"
hypothesis="The self-check finds wrong totals and a broken history, no backup of it counts as verified, and the book of the last verified backup comes back."
injection="an amount and a row of the history are changed with SQL"
abort="the last verified backup is gone"
expect="TotalsMismatch HistoryBroken BackupVerificationFailed"
# The backup that fails is the next one.
within=120
runbooks="HistoryBroken BackupVerificationFailed"
export BACKUP_INTERVAL=1m

prepare() {
  start_postgres
  outlay add 3.50 Coffee --yes >/dev/null 2>&1 || outlay add 3.50 Coffee >/dev/null
  outlay backup create >/dev/null
  kept=$(ls -d "$BACKUPS_DIR"/* | head -n 1)
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  psql -qc "update expenses set amount = amount + 100 where id = 1"
  psql -qc "update history set content = replace(content, '350', '450') where expense_id = 1"
}

abort_when() { [ ! -e "$kept" ]; }
