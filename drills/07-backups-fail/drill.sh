# shellcheck shell=bash disable=SC2034
title="Backups cannot be written, and the last one is old"
hypothesis="The service goes on, says so, and is backed up again once there is a place for it."
steady='min(outlay_health_status) == 1 and on () sum(rate(outlay_probe_journeys_total{result="success"}[5s])) > 0 unless on () sum(rate(outlay_probe_journeys_total{result="failure"}[5s])) > 0'
injection="the folder of the backups is a file, and the last verified backup is 30 hours old"
abort="requests fail"
expect="BackupFailed BackupStale DataFreshnessBurnsFast DataFreshnessBurnsSlow"
runbooks="BackupFailed"

prepare() {
  need faketime faketime
  export DATA_DIR=$work/data BACKUPS_DIR=$work/backups
  outlay add 3.50 Coffee >/dev/null
  faketime -f -30h outlay backup create >/dev/null
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  $STOP_OUTLAY
  mv "$BACKUPS_DIR" "$BACKUPS_DIR.aside"
  : >"$BACKUPS_DIR"
  $START_OUTLAY
  sleep 1
}

abort_when() { false; }
