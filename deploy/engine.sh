# A container engine of its own for a script of deploy/ci, from the packages of the system: nothing that it makes is left behind.
# Sourced after lib.sh. ENGINE=system uses the engine that this machine runs instead.
# shellcheck shell=bash

# The client and the parser of Debian; another docker in PATH may not understand the same files.
docker() { command /usr/bin/docker "$@"; }

compose() { docker compose "$@"; }

start_engine() {
  if [ "${ENGINE:-own}" = system ]; then
    docker() { command docker "$@"; }
    docker info >/dev/null 2>&1 || fail "no container engine runs here: start one, or leave ENGINE out"
    return
  fi
  [ "$(id -u)" = 0 ] || fail "an engine of its own needs root: run this as root, or with ENGINE=system"
  # Two engines share the bridge and the chains of the firewall: to take the one away would break the other.
  ! { pidof dockerd || ip link show docker0; } >/dev/null 2>&1 || fail "another container engine is here (dockerd, or its bridge docker0): use it with ENGINE=system"
  [ -x /usr/bin/docker ] && command -v dockerd >/dev/null || need none-such docker.io iptables
  local forwarding
  forwarding=$(sysctl -n net.ipv4.ip_forward)
  for filter in iptables ip6tables; do
    for table in filter nat mangle raw; do "$filter-save" -t "$table"; done >"$work/$filter" || fail "the firewall cannot be put on record, so that it could be put back"
  done
  export DOCKER_HOST=unix://$work/docker.sock DOCKER_CONFIG=$work/docker-config DOCKER_BUILDKIT=1
  mkdir -p "$DOCKER_CONFIG"
  # Only now: before, it would ask whichever engine this machine has.
  at_the_end "stop_engine $forwarding"
  # It may not raise a limit above what this process has.
  dockerd --data-root "$work/engine" --exec-root "$work/engine-run" --pidfile "$work/engine.pid" --host "$DOCKER_HOST" \
    --default-ulimit nofile="$(ulimit -Hn):$(ulimit -Hn)" >"$work/engine.log" 2>&1 &
  engine=$!
  await 60 "a container engine (see $work/engine.log)" docker info
}

# shellcheck disable=SC2329
stop_engine() {
  docker ps --all --quiet | xargs --no-run-if-empty /usr/bin/docker rm --force >/dev/null
  [ -z "${engine:-}" ] || { kill "$engine"; wait "$engine"; }
  umount --lazy "$work"/engine*/netns/* "$work"/engine/overlay2/*/merged "$work"/engine/overlay2 2>/dev/null
  ip link del docker0 2>/dev/null
  for bridge in $(ip -o link show type bridge | grep -oE 'br-[0-9a-f]{12}'); do ip link del "$bridge"; done
  # Every rule and every policy as it was.
  for filter in iptables ip6tables; do "$filter-restore" <"$work/$filter"; done
  sysctl -q net.ipv4.ip_forward="$1"
}

# Compose is not in this release of Debian: the one of the next release runs as a plug-in.
install_compose() {
  [ "${ENGINE:-own}" = system ] && { docker compose version >/dev/null || fail "docker compose is missing"; return; }
  unpack_newer docker-compose
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  cp "$newer/usr/libexec/docker/cli-plugins/docker-compose" "$DOCKER_CONFIG/cli-plugins/"
}
