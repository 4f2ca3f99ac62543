# shellcheck shell=bash disable=SC2034
title="Backups cannot be written, and the last one is old"
hypothesis="The service goes on, says so, and is backed up again once there is a place for it."
injection="the disk of the backups is full, and the last verified backup is 30 hours old"
abort="requests fail"
expect="BackupFailed BackupStale DataFreshnessBurnsFast DataFreshnessBurnsSlow"
# A slow burn has to last.
within=120
runbooks="BackupStale BackupFailed"

prepare() {
  need faketime faketime
  mount_small "$work/disk" 16m
  export DATA_DIR=$work/data BACKUPS_DIR=$work/disk/backups DISK_TO_CLEAN=$work/disk DATA_MIN_FREE=0KiB BACKUPS_MIN_FREE=0KiB
  outlay add 3.50 Coffee >/dev/null
  faketime -f -30h outlay backup create >/dev/null
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  mkdir -p "$work/disk/tmp"
  dd if=/dev/zero of="$work/disk/tmp/left-behind" bs=4k 2>/dev/null || true
  $RESTART_OUTLAY
  await 60 "a server that is ready" curl -fs "$OUTLAY_URL/readyz"
}
