# What drills share. Sourced by drills/run, which has set $root, $work (a folder of this run) and $name.
# Everything that is started here listens on a free port of the loopback, keeps its files in $work, and is stopped by stop_all.
# shellcheck shell=bash

pids=()
mounts=()

say() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*" >&2; }

fail() { say "FAILED: $*"; exit 1; }

now() { date -u +%s; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Waits until a command succeeds: SECONDS WHAT COMMAND...
await() {
  local end=$(($(now) + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(now)" -lt "$end" ] || fail "$what did not come to be"
    sleep 0.2
  done
}

# Starts a program in the background: NAME COMMAND... Its process id is in $work/NAME.pid afterwards.
start() {
  local what=$1
  shift
  "$@" >>"$work/$what.log" 2>&1 &
  echo $! >"$work/$what.pid"
  pids+=($!)
  # Nobody has to be told that it was killed.
  disown
}

pid_of() { cat "$work/$1.pid"; }

stop_all() {
  local pid mount
  for pid in "${pids[@]}"; do kill -CONT "$pid" 2>/dev/null || true; kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "$work"/*.pid; do [ -f "$pid" ] && kill -KILL "$(cat "$pid")" 2>/dev/null || true; done
  [ ! -d "$work/pg" ] || as_postgres "$pg_bin/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null 2>&1 || true
  wait 2>/dev/null || true
  for mount in "${mounts[@]}"; do umount -l "$mount" 2>/dev/null || true; done
}

# Installs packages of the system unless a command is there already: COMMAND PACKAGE...
need() {
  command -v "$1" >/dev/null && return
  say "Installing $2 from the packages of the system ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

# What drills share, unless one says otherwise.
steady='min(outlay_health_status) == 1 and on () sum(rate(outlay_probe_journeys_total{result="success"}[5s])) > 0 unless on () sum(rate(outlay_probe_journeys_total{result="failure"}[5s])) > 0'
# How many seconds each alert may take.
within=60
# Further runbooks, each of which mends the same injection alone.
again=
abort_when() { ! curl -fs -m 5 -o /dev/null "$OUTLAY_URL/expenses?limit=1"; }

# ---- the parts ----

pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups env LC_ALL=C.UTF-8 "$@"; else "$@"; fi; }

start_postgres() {
  [ -n "$pg_bin" ] || { need initdb postgresql; pg_bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1); }
  mkdir -p "$work/pg" "$work/bin"
  [ "$(id -u)" != 0 ] || chown postgres "$work/pg"
  DB_PORT=$(free_port)
  as_postgres "$pg_bin/initdb" -D "$work/pg" -U outlay --auth=trust >"$work/postgres.log"
  START_DATABASE=$work/bin/start-database
  # As systemctl start: nothing to do when it runs.
  printf '#!/bin/sh\n"%s" --as-postgres %s -D %s status >/dev/null || exec "%s" --as-postgres %s -D %s -w -l %s -o "-p %s -k %s -c listen_addresses=127.0.0.1" start\n' \
    "$root/drills/run" "$pg_bin/pg_ctl" "$work/pg" "$root/drills/run" "$pg_bin/pg_ctl" "$work/pg" "$work/pg/log" "$DB_PORT" "$work/pg" >"$START_DATABASE"
  chmod +x "$START_DATABASE"
  "$START_DATABASE" >>"$work/postgres.log"
  export DB_HOST=127.0.0.1 DB_PORT DB_USER=outlay DB_NAME=postgres DB_PASSWORD=none START_DATABASE
  export PGHOST=127.0.0.1 PGPORT=$DB_PORT PGUSER=outlay PGDATABASE=postgres
}

# The server; settings of its own as NAME=VALUE. START_OUTLAY, STOP_OUTLAY and RESTART_OUTLAY do what systemctl would.
start_outlay() {
  export OUTLAY_URL=${OUTLAY_URL:-http://127.0.0.1:$(free_port)}
  export INTEGRITY_CHECK_INTERVAL=3s BACKUP_INTERVAL=${BACKUP_INTERVAL:-1m} DRAIN_DELAY=0s
  export OUTLAY_ENVIRONMENT=$work/outlay.env
  printf "%s\n" "$@" >"$OUTLAY_ENVIRONMENT"
  export START_OUTLAY="$root/drills/run --start-outlay $work" STOP_OUTLAY="$root/drills/run --stop-outlay $work"
  export RESTART_OUTLAY="$root/drills/run --restart-outlay $work"
  $START_OUTLAY
  await 60 "a server that is ready" curl -fs "$OUTLAY_URL/readyz"
}

start_probe() {
  export PROBE_URL=http://127.0.0.1:$(free_port)
  RESTART_PROBE=$work/restart-probe
  # As systemctl restart does after its patience: one that hangs does not end by itself.
  cat >"$RESTART_PROBE" <<PROBE
#!/usr/bin/env bash
[ ! -f "$work/probe.pid" ] || kill -KILL "\$(cat "$work/probe.pid")"
env -u LISTEN "$OUTLAY" probe --url "${1:-$OUTLAY_URL}" --listen "$PROBE_URL" --interval 200ms </dev/null >>"$work/probe.log" 2>&1 7>&- &
echo \$! >"$work/probe.pid"
PROBE
  chmod +x "$RESTART_PROBE"
  export RESTART_PROBE
  $RESTART_PROBE
  await 30 "a prober that answers" curl -fs "$PROBE_URL/metrics"
}

# Prometheus with the rules of this repository, only faster: see shorten.
start_prometheus() {
  need prometheus prometheus
  need prometheus-alertmanager prometheus-alertmanager
  local prometheus_port alertmanager_port
  prometheus_port=$(free_port) alertmanager_port=$(free_port)
  export PROMETHEUS_URL=http://127.0.0.1:$prometheus_port ALERTMANAGER_URL=http://127.0.0.1:$alertmanager_port
  export PROMETHEUS_CONFIG=$work/prometheus/prometheus.yaml
  mkdir -p "$work/prometheus/rules"
  shorten "$root/observability/rules/alerts.yaml" >"$work/prometheus/rules/alerts.yaml"
  shorten "$root/observability/rules/slo.yaml" >"$work/prometheus/rules/slo.yaml"
  sed -e "s/127\.0\.0\.1:8000/${OUTLAY_URL#http://}/; s/127\.0\.0\.1:9101/${PROBE_URL#http://}/; s/127\.0\.0\.1:9093/127.0.0.1:$alertmanager_port/" \
    -e 's/_interval: [0-9]*s/_interval: 1s/' "$root/observability/prometheus.yaml" >"$PROMETHEUS_CONFIG"
  sed -e 's/group_wait: .*/group_wait: 1s/; s/group_interval: .*/group_interval: 1s/' -e '/^inhibit_rules/,$d' "$root/observability/alertmanager.yaml" >"$work/prometheus/alertmanager.yaml"
  start alertmanager prometheus-alertmanager --config.file="$work/prometheus/alertmanager.yaml" --storage.path="$work/alertmanager" \
    --web.listen-address="127.0.0.1:$alertmanager_port" --cluster.listen-address=
  start prometheus prometheus --config.file="$PROMETHEUS_CONFIG" --storage.tsdb.path="$work/tsdb" --web.listen-address="127.0.0.1:$prometheus_port" \
    --web.enable-lifecycle --rules.alert.resend-delay=1s
  await 60 "a Prometheus that is ready" curl -fs "$PROMETHEUS_URL/-/ready"
}

# The rules as they are shipped, with shorter waits: nobody watches a drill for an hour. What is compared stays as it is.
shorten() {
  sed -e 's/interval: 30s/interval: 1s/; s/) \* 30 >/) * 1 >/; s/for: [0-9]*[smh]/for: 2s/' \
    -e 's/\[1m\]/[5s]/g; s/\[2m\]/[15s]/g; s/\[5m\]/[10s]/g; s/\[15m\]/[60s]/g; s/\[30m\]/[20s]/g; s/\[1h\]/[30s]/g; s/\[2h\]/[20s]/g; s/\[6h\]/[60s]/g; s/\[1d\]/[90s]/g; s/\[3d\]/[120s]/g; s/\[25h\]/[60s]/g' \
    -e 's#) / 60\b#) / 1#g; s/+ 2 \* 3600/+ 10/' "$1"
}

# How long an alert waits as it is shipped, beyond what it waits here.
shipped_wait() {
  awk -v alert="$1" '$0 ~ "alert: " alert "$" { found = 1; next } found && /- alert:/ { exit } found && /for:/ { print $2; exit }' "$root"/observability/rules/*.yaml
}

# ---- what is known ----

ask() { curl -fsG "$PROMETHEUS_URL/api/v1/$1" "${@:2}"; }

# The value of an expression; nothing when there is none.
value() { ask query --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'; }

# Whether an expression is true of something.
holds() { [ -n "$(value "$1")" ]; }

# The names of the alerts that Alertmanager has.
firing() { curl -fs "$ALERTMANAGER_URL/api/v2/alerts?active=true" | jq -r '.[].labels.alertname' | sort -u; }

is_firing() { firing | grep -qx "$1"; }

# Whether an alert has told, and whether it has ended. A drill may see it otherwise.
is_seen() { is_firing "$1"; }

is_over() { [ "$1" = Watchdog ] || ! is_firing "$1"; }

is_quiet() { [ "$(firing | grep -vx Watchdog | wc -l)" = 0 ]; }

# The first block of bash below a heading of a runbook: ALERT HEADING.
block() {
  awk -v heading="## $2" '$0 == heading { inside = 1; next } inside && /^## / { exit } inside && /^```bash/ { code = 1; next } inside && /^```/ { if (code) exit } code' "$root/runbooks/$1.md"
}

# A small file system of its own, which can be filled without hurting anybody: FOLDER SIZE.
mount_small() {
  [ "$(id -u)" = 0 ] || fail "this drill fills a disk of its own, and only root can mount one: run it as root"
  mkdir -p "$1"
  mount -t tmpfs -o "size=$2" outlay-drill "$1"
  mounts+=("$1")
}
