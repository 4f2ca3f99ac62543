# shellcheck shell=bash disable=SC2034
title="The disk of the data fills up"
hypothesis="It is told before anything fails, and room is all that is needed."
injection="a file of somebody else takes what is left of the disk but a twentieth"
abort="the database is damaged: outlay doctor says so"
expect="DiskFilling"
runbooks="DiskFilling"

prepare() {
  mount_small "$work/disk" 64m
  export DATA_DIR=$work/disk/data BACKUPS_DIR=$work/backups DISK_TO_CLEAN=$work/disk DATA_MIN_FREE=0KiB BACKUPS_MIN_FREE=0KiB
  start_outlay
  start_probe
  start_prometheus
}

inject() {
  mkdir -p "$work/disk/tmp"
  fallocate -l "$(($(df --output=avail -B1 "$work/disk" | tail -n 1) - 3000000))" "$work/disk/tmp/left-behind"
}

abort_when() { ! outlay doctor >/dev/null 2>&1; }
