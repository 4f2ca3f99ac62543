# The way of every drill: steady state, injection, detection, mitigation by the runbook, recovery, report. Sourced by drills/run.
# shellcheck shell=bash

# How long, in seconds, a drill waits for the recovery before it is aborted.
patience=300

run_drill() {
  name=$1
  report=$root/artifacts/drills/$name
  rm -rf "$report"
  mkdir -p "$report"
  work=$(mktemp -d)
  chmod 755 "$work"
  # Runbooks call the program by its name.
  mkdir "$work/bin"
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$OUTLAY" >"$work/bin/outlay"
  chmod +x "$work/bin/outlay"
  PATH=$work/bin:$PATH
  # Verbs that are run before the service keep to it too.
  export DATA_DIR=$work/data BACKUPS_DIR=$work/backups
  . "$root/drills/lib.sh"
  . "$root/drills/$name/drill.sh"
  trap 'finish' EXIT
  timeline=()
  say "=== $name: $title"
  prepare
  mark "Start: everything is up"
  await 90 "a steady state" is_steady
  mark "Steady state: $steady"

  budget_before=$(value 'slo:error_budget_remaining:ratio{slo="availability"}')
  declare -gA seen=()
  broken=$(now)
  # shellcheck disable=SC2086 # Names of runbooks, one word each.
  break_and_mend $runbooks
  first_detected=$detected first_recovered=$recovered
  for alert in $again; do
    await 90 "a steady state" is_steady
    break_and_mend "$alert"
  done
  outlay doctor >>"$report/commands.log" 2>&1 || fail "outlay doctor is not content after the drill: see $report/commands.log"
  mark "The data is sound: outlay doctor"
  write_report >"$report/report.md"
  outcome=passed
  say "$name: detected in $first_detected s, recovered $first_recovered s after the mitigation. Report: artifacts/drills/$name/report.md"
}

# Breaks it, waits for the alerts, and mends it with the commands of these runbooks, in their order.
break_and_mend() {
  local start alert
  start=$(now)
  inject
  mark "Injection: $injection"
  detect "$start"
  detected=$(($(now) - start))
  diagnose
  start=$(now)
  for alert; do
    bash -eu -c "$(block "$alert" Mitigation)" >>"$report/commands.log" 2>&1 || fail "the mitigation of runbooks/$alert.md failed: see $report/commands.log"
    mark "Mitigation: the commands of runbooks/$alert.md"
  done
  await "$patience" "a recovery: $(firing | tr '\n' ' ')" has_recovered
  recovered=$(($(now) - start))
  mark "Recovery: no alert fires, and the steady state holds again"
}

finish() {
  [ "${outcome:-}" = passed ] || { mark "Aborted"; printf '%s\n' "${timeline[@]}" >"$report/timeline.txt"; }
  stop_all
  cp "$work"/*.log "$report/" 2>/dev/null || true
  rm -rf "$work"
}

mark() {
  timeline+=("$(date -u +%H:%M:%S)  $*")
  say "$*"
}

# Nothing is about to fire either: a service that has just started has no backup yet, and that is not what is injected.
is_steady() { holds "$steady" && holds 'absent(ALERTS{alertname!="Watchdog"})' && is_quiet; }

has_recovered() {
  local alert
  for alert in $expect; do
    is_over "$alert" || return 1
  done
  holds "$steady"
}

# Waits for every alert that is expected, and notes when each came first: START.
detect() {
  local alert left="$expect" took
  while [ -n "$left" ]; do
    took=$(($(now) - $1))
    [ "$took" -le "$within" ] || fail "these alerts did not fire within $within s: $left"
    ! abort_when || fail "aborted: $abort"
    for alert in $left; do
      if is_seen "$alert"; then
        took=$(($(now) - $1))
        seen[$alert]=${seen[$alert]:-$took}
        left=$(echo $left | tr ' ' '\n' | grep -vx "$alert" | tr '\n' ' ')
        left=${left% }
        mark "Detection: $alert fires after $took s"
      fi
    done
    sleep 0.5
  done
}

# The commands of the runbooks that look, run while it is broken: each must be able to run then.
diagnose() {
  local alert
  for alert in $expect; do
    { echo "--- runbooks/$alert.md, Diagnosis"; bash -c "$(block "$alert" Diagnosis)"; } >>"$report/commands.log" 2>&1 ||
      fail "the diagnosis of runbooks/$alert.md failed: see $report/commands.log"
  done
  mark "Diagnosis: the commands of every runbook ran"
}

# Alerts that fired since it was broken, beside those that it expects.
unexpected() {
  local names
  names=$(ask query --data-urlencode 'query=group by (alertname) (max_over_time(ALERTS{alertstate="firing",alertname!="Watchdog"}['"$(($(now) - broken))"'s]))' |
    jq -r '.data.result[].metric.alertname' | grep -vxF "$(echo "$expect" | tr ' ' '\n')" | sort | paste -sd, | sed 's/,/, /g' || true)
  echo "${names:-none}"
}

write_report() {
  local alert total bad
  total=$(value 'round(sum(increase(http_server_request_duration_seconds_count{job="outlay"}[10m])))')
  bad=$(value 'round(sum(increase(http_server_request_duration_seconds_count{job="outlay",http_response_status_code=~"5.."}[10m])))')
  cat <<REPORT
# Drill $name: $title

Run on $(date -u +%Y-%m-%d) with the rules of this repository, their waits and windows shortened. Every time is measured, in UTC.

- **Hypothesis**: $hypothesis
- **Steady state**: \`$steady\`
- **Injection**: $injection
- **Abort condition**: $abort

| alert | expected within | fired after | waits as shipped, beyond that |
|---|---|---|---|
$(for alert in $expect; do echo "| [$alert](../../../runbooks/$alert.md) | $within s | ${seen[$alert]} s | $(shipped_wait "$alert") |"; done)

Fired too, and were not expected: $(unexpected).

## Postmortem (draft)

**Summary**: $title. $hypothesis

**Impact**: ${bad:-0} of ${total:-0} requests failed. The budget of availability went from ${budget_before:-unknown} to $(value 'slo:error_budget_remaining:ratio{slo="availability"}') of 1.

**Trigger**: $injection

**Root cause**: to be found out. Nobody is to blame: ask why it was possible, and why it hurt.

**Detection**: by $(for alert in $expect; do printf '%s (%s s) ' "$alert" "${seen[$alert]}"; done)

**Resolution**: the commands of $(for alert in $runbooks $again; do printf 'runbooks/%s.md ' "$alert"; done); $first_recovered s until everything was well again.

**What went well**: every alert had fired $first_detected s after the fault, the runbooks could be followed by the letter, and \`outlay doctor\` found the data sound.

**What went wrong**: to be filled in by those who were there.

**Where we were lucky**: to be filled in.

| action item | owner | due | test |
|---|---|---|---|
| | | | drills/$name |

## Timeline

$(printf -- '- %s\n' "${timeline[@]}")
REPORT
}
