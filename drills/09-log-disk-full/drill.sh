# shellcheck shell=bash disable=SC2034
title="The disk of the log file is full"
hypothesis="The service goes on without its log file, counts what it lost, and writes again once there is room."
injection="the disk of LOG_FILE is filled to the last byte"
abort="requests fail"
expect="LogRecordsDropped"
runbooks="LogRecordsDropped"

prepare() {
  mount_small "$work/logdisk" 4m
  export DISK_TO_CLEAN=$work/logdisk
  start_outlay LOG_FILE="$work/logdisk/outlay.log"
  start_probe
  start_prometheus
}

inject() {
  mkdir -p "$work/logdisk/tmp"
  dd if=/dev/zero of="$work/logdisk/tmp/left-behind" bs=4k 2>/dev/null || true
}
