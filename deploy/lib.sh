# What the scripts of deploy/ share. Sourced by them, after they have set $root.
# Everything that is started here listens on loopback, keeps its files in $work, and is stopped by clean_up.
# shellcheck shell=bash

: "${root:?}"
started=$SECONDS
# What is built: the version, the commit, and when that was made in seconds since 1970, which is the only time that stands in what is built.
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")
commit=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
commit_time=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)
work=$(mktemp -d "${TMPDIR:-/tmp}/outlay-deploy-XXXXXX")
chmod 755 "$work"
pids=()
cleanups=()

say() { printf '%s\n' "$*" >&2; }

# One thing that was seen to be so.
ok() { printf 'ok    %s\n' "$*"; }

fail() { say "FAILED: $*"; exit 1; }

usage() { say "$1"; exit 2; }

clean_up() {
  local status=$? pid i
  trap - EXIT INT TERM
  set +e
  for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do eval "${cleanups[i]}" >&2; done
  for pid in "${pids[@]}"; do kill -CONT "$pid"; kill "$pid"; done 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A command that undoes something, run at the end, the newest first.
at_the_end() { cleanups+=("$1"); }

# The process itself: without a shell around it, a signal reaches it.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

# A port that nobody listens on now.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Waits until a command succeeds: SECONDS WHAT COMMAND...
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "$what did not come to be"
    sleep 0.1
  done
}

# A command that must fail: WHAT COMMAND...
refused() {
  local what=$1 answer
  shift
  if answer=$("$@" 2>&1); then fail "$what was possible: $answer"; fi
  ok "$what is refused: $(tail -n 1 <<<"$answer")"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs packages of the system unless a command is there already: COMMAND PACKAGE...
# A package that brings a service starts it: RUNLEVEL=1 leaves it off.
need() {
  command -v "$1" >/dev/null && return
  say "Installing ${*:2} from the packages of the system ..."
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

# A program from the next release of Debian, without a change to this machine: its packages are only unpacked. PACKAGE...
unpack_newer() {
  local apt=$root/artifacts/deploy/newer options
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,src,x}
  # The mirror of this machine.
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' \
    "$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ')" >"$apt/src/trixie.list"
  options=(-qq -o "Dir::Etc::SourceList=$apt/src/trixie.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache"
    -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$apt/cache" && apt-get "${options[@]}" download "$@" && for package in "$@"; do dpkg -x "$package"_*.deb "$apt/x"; done)
  newer=$apt/x
}

# What the program is built of, and nothing that a build made: FOLDER
copy_source() {
  mkdir "$1"
  (cd "$root" && cp -r --parents global.json Directory.Build.props Directory.Packages.props .editorconfig src/outlay "$1")
}

seconds_since() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.2f", to - from }'; }
