# shellcheck shell=bash disable=SC2034
title="The prober hangs"
hypothesis="That nobody looks from outside any more is told, though the prober answers; its /livez says so to whoever could start it anew."
injection="the disk with the key of the prober does not answer for a moment, and the prober waits for it for ever"
abort="requests fail"
expect="ProberStuck"
# A journey may take 10 s, and a minute more is patience.
within=120
runbooks="ProberStuck"

prepare() {
  start_outlay
  key=$(outlay keys create probe --output json | jq -r .api_key)
  echo "$key" >"$work/key"
  export PROBE_API_KEY_FILE=$work/key
  start_probe
  start_prometheus
}

inject() {
  mkfifo "$work/pipe"
  mv "$work/key" "$work/key.before"
  # Whoever opens a pipe that nobody writes into waits.
  mv "$work/pipe" "$work/key"
  sleep 2
  mv "$work/key.before" "$work/key"
}

is_seen() { is_firing "$1" && ! curl -fs -o /dev/null "$PROBE_URL/livez"; }

abort_when() { ! curl -fs -m 5 -o /dev/null -H "X-API-Key: $key" "$OUTLAY_URL/expenses?limit=1"; }
