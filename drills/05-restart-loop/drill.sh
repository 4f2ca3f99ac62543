# shellcheck shell=bash disable=SC2034
title="The service keeps restarting"
hypothesis="Each start is clean, the alert tells a loop from a single restart, and it ends when what kills the service is taken away."
injection="the service may use less memory than it needs: it is killed for it, and started again, over and over"
abort="the server does not start any more"
expect="RestartLoop"
runbooks="RestartLoop"

# What the kernel and a supervisor do: kills the service with SIGKILL when it takes more KiB than the limit, and starts what is not running.
supervise() {
  local taken
  while sleep 3; do
    taken=$(cat $(pgrep -s "$(pid_of outlay)" | sed 's,.*,/proc/&/status,') 2>/dev/null | awk '/^VmRSS/ { sum += $2 } END { print sum + 0 }')
    [ "$taken" -le "$(cat "$work/memory-limit")" ] || pkill -KILL -s "$(pid_of outlay)"
    # Until it is gone, it counts as running.
    while [ "$taken" -gt "$(cat "$work/memory-limit")" ] && pgrep -s "$(pid_of outlay)" >/dev/null; do sleep 0.1; done
    $START_OUTLAY
  done
}

prepare() {
  echo 1048576 >"$work/memory-limit"
  cp "$work/memory-limit" "$work/memory-limit.before"
  export RAISE_MEMORY_LIMIT="cp $work/memory-limit.before $work/memory-limit"
  start_outlay
  start supervisor supervise
  start_probe
  start_prometheus
}

inject() { echo 20480 >"$work/memory-limit"; }

abort_when() { ! timeout 30 bash -c "until curl -fs -m 5 -o /dev/null $OUTLAY_URL/readyz; do sleep 0.2; done"; }
