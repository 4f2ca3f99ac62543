# Orders to HAProxy, and what it says, for deploy, canary, rolling-restart and fleet.sh. Sourced after $ADMIN is set: where HAProxy takes
# orders, host:port. Its two servers are a and b of the backend "instances" in haproxy.cfg.
# shellcheck shell=bash

: "${ADMIN:?}"

# What HAProxy answers: COMMAND
ask_balancer() { (exec 3<>"/dev/tcp/${ADMIN%:*}/${ADMIN##*:}" && printf '%s\n' "$1" >&3 && cat <&3) 2>/dev/null; }

# A command that is answered with nothing when it was obeyed: COMMAND
order() {
  local answer
  answer=$(ask_balancer "$1") || { echo "HAProxy at $ADMIN does not answer." >&2; return 1; }
  [ -z "${answer//$'\n'/}" ] || { echo "HAProxy at $ADMIN does not obey '$1': $answer" >&2; return 1; }
}

# The weight of a server: SERVER
weight() { ask_balancer "get weight instances/$1" | sed -n 's/^\([0-9]*\) (initial.*/\1/p'; }

# Shares of the traffic in percent, read back: OF_A OF_B
weights() {
  order "set server instances/a weight $1; set server instances/b weight $2" || return 1
  [ "$(weight a) $(weight b)" = "$1 $2" ] || { echo "HAProxy at $ADMIN has the weights $(weight a) and $(weight b), not $1 and $2." >&2; return 1; }
}

# All of the traffic: SERVER
all_to() { if [ "$1" = a ]; then weights 100 0; else weights 0 100; fi; }

# Whether HAProxy takes a server for ready: SERVER
is_up() { [ "$(ask_balancer 'show stat' | awk -F, -v server="$1" '$1 == "instances" && $2 == server { print $18 }')" = UP ]; }

# Waits up to a minute: SERVER
await_up() {
  local i
  for ((i = 0; i < 60; i++)); do
    if is_up "$1"; then return; fi
    sleep 1
  done
  echo "HAProxy at $ADMIN does not see $1 ready." >&2
  return 1
}
