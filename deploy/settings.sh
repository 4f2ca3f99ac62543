# Where the installation of this machine has .env and secrets/: OUTLAY_SETTINGS, an absolute path, or the folder of the compose files.
# They are read there and nowhere else, so that no second copy can be stale or lost. Sourced after $here is set.
# shellcheck shell=bash

: "${here:?}"
export OUTLAY_SETTINGS=${OUTLAY_SETTINGS:-$here}
[[ $OUTLAY_SETTINGS = /* ]] || { echo "OUTLAY_SETTINGS is '$OUTLAY_SETTINGS': name the folder by its absolute path." >&2; exit 2; }

# The environment wins, as with docker compose: NAME
setting() { printf '%s\n' "${!1:-$(sed -n "s/^$1=//p" "$OUTLAY_SETTINGS/.env" | tail -n 1)}"; }
