# People who use a service while something is done to it. Sourced after lib.sh.
# shellcheck shell=bash

# Writes and reads, 25 of each per second over 4 connections: URL KEY
start_load() {
  need hey hey
  local body='{"date":"2026-02-19","description":"Coffee","amount":3.50}'
  hey -z 30m -c 2 -q 12 -m POST -T application/json -H "X-API-Key: $2" -d "$body" "$1/expenses" >"$work/load-writes.log" 2>&1 &
  load_writes=$!
  hey -z 30m -c 2 -q 12 -H "X-API-Key: $2" "$1/expenses?limit=5" >"$work/load-reads.log" 2>&1 &
  load_reads=$!
  pids+=("$load_writes" "$load_reads")
}

# Ends it, and sets $load_sent and $load_failed: everything that was not answered with 200 or 201 counts as failed.
stop_load() {
  kill -INT "$load_writes" "$load_reads"
  wait "$load_writes" "$load_reads" || true
  read -r load_sent load_failed < <(awk '
    /^Status code distribution/ { part = "status" }
    /^Error distribution/ { part = "errors" }
    /^ +\[[0-9]+\]/ {
      gsub(/[][]/, "")
      count = part == "status" ? $2 : $1
      sent += count
      if (part == "errors" || $1 > 201) failed += count
    }
    END { print sent + 0, failed + 0 }' "$work"/load-*.log)
}

# What went wrong, for a message.
load_faults() { sed -n '/^Status code distribution/,$p' "$work"/load-*.log | grep '\[' | tr -s '\t ' ' '; }
