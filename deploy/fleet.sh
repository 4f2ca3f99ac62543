# Two instances of Outlay behind HAProxy as plain processes, for deploy/ci/rolling and deploy/ci/canary. Sourced after lib.sh.
# Whoever uses them sends $key, which the first instance makes.
# shellcheck shell=bash

# Builds a program from a copy of the source: NAME VERSION [CODE]. The code runs before every request under /expenses.
publish() {
  local source=$work/source-$1
  copy_source "$source"
  if [ -n "${3:-}" ]; then
    sed -i "s|app.UseMiddleware<StartupGate>();|&\napp.Use((context, next) => { if (context.Request.Path.StartsWithSegments(\"/expenses\")) { $3 } return next(context); });|" "$source/src/outlay/App.cs"
    grep -qF "$3" "$source/src/outlay/App.cs" || fail "App.cs has changed: the place for the fault is not there any more"
  fi
  dotnet publish "$source/src/outlay" --configuration Release --use-current-runtime --no-self-contained --disable-build-servers --nologo --verbosity quiet \
    -p:Version="$2" -p:SourceRevisionId="$commit" --output "$work/$1" >"$work/publish.log" 2>&1 || { cat "$work/publish.log" >&2; fail "$1 could not be built"; }
}

prepare_fleet() {
  need haproxy haproxy
  need prometheus prometheus
  need jq jq
  need curl curl
  port_a=$(free_port) port_b=$(free_port)
  BIND=127.0.0.1:$(free_port) ADMIN=127.0.0.1:$(free_port) INSTANCE_A=127.0.0.1:$port_a INSTANCE_B=127.0.0.1:$port_b
  PROMETHEUS_URL=http://127.0.0.1:$(free_port)
  export BIND ADMIN INSTANCE_A INSTANCE_B PROMETHEUS_URL
  url=http://$BIND
  . "$root/deploy/balancer.sh"
}

# Starts an instance, a or b, of a program, and waits until HAProxy, if it runs, takes it: INSTANCE PROGRAM
run_instance() {
  local port_of=port_$1
  [ -n "${key:-}" ] || key=$(DATA_DIR="$work/data" "$work/$2/outlay" keys create load 2>/dev/null)
  # The load comes with one key, and from one address.
  LISTEN="http://127.0.0.1:${!port_of}" DATA_DIR="$work/data" TRUSTED_PROXIES=127.0.0.1 RATE_LIMIT_READS=0 RATE_LIMIT_WRITES=0 DRAIN_DELAY=3s SHUTDOWN_TIMEOUT=10s start "instance-$1" "$work/$2/outlay" serve
  declare -g "pid_$1=$!"
  await 60 "an instance that is ready ($work/instance-$1.log)" curl -fs "http://127.0.0.1:${!port_of}/readyz"
}

# Asks an instance to stop, and waits until it has ended of itself.
stop_instance() {
  local pid_of=pid_$1
  kill "${!pid_of}"
  wait "${!pid_of}" || fail "instance $1 ended with $?"
}

start_balancer() {
  start haproxy haproxy -db -f "$root/deploy/haproxy.cfg"
  balancer=$!
  await_up a
  await_up b
}

# Prometheus with the rules as they are shipped, only read and evaluated each second.
start_watching() {
  mkdir "$work/prometheus"
  cp -r "$root/observability/rules" "$work/prometheus"
  sed -i 's/interval: 30s/interval: 1s/' "$work/prometheus"/rules/*.yaml
  cat >"$work/prometheus/prometheus.yaml" <<CONFIG
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules/*.yaml]
scrape_configs:
  - job_name: outlay
    static_configs: [{targets: ["$INSTANCE_A", "$INSTANCE_B"]}]
CONFIG
  start prometheus prometheus --config.file="$work/prometheus/prometheus.yaml" --storage.tsdb.path="$work/tsdb" --web.listen-address="${PROMETHEUS_URL#http://}" --log.level=warn
  watcher=$!
  await 60 "a Prometheus that is ready" curl -fs "$PROMETHEUS_URL/-/ready"
}
