# shellcheck shell=bash disable=SC2034
title="The certificate was not renewed"
hypothesis="It is told two weeks before clients are refused."
injection="the certificate that is served ends in three days"
abort="clients are refused"
expect="CertificateExpiring"
runbooks="CertificateExpiring"

# Makes the certificate anew, by an authority that the prober trusts: DAYS.
certificate() {
  if [ ! -f "$work/tls/trusted.pem" ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls/ca.key" -subj "/CN=drill" -days 400 -out "$work/tls/trusted.pem" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$work/tls/key.pem" -subj /CN=localhost -out "$work/tls/request.pem" 2>/dev/null
  fi
  openssl x509 -req -in "$work/tls/request.pem" -CA "$work/tls/trusted.pem" -CAkey "$work/tls/ca.key" -CAcreateserial -days "$1" \
    -extfile <(echo subjectAltName=DNS:localhost) -out "$work/tls/cert.pem" 2>/dev/null
  cat "$work/tls/cert.pem" "$work/tls/key.pem" >"$CERTIFICATE"
}

# The proxy in front of the service; RENEW_CERTIFICATE and RESTART_FRONT do what certbot and systemctl would.
start_front() {
  printf '#!/usr/bin/env bash\n%s\n' "kill \$(cat $work/front.pid) 2>/dev/null; haproxy -f $work/haproxy.cfg </dev/null >>$work/front.log 2>&1 & echo \$! >$work/front.pid; sleep 0.5" >"$work/restart-front"
  { echo '#!/usr/bin/env bash'; echo "work=$work CERTIFICATE=$CERTIFICATE"; declare -f certificate; echo 'certificate 90'; } >"$work/renew"
  chmod +x "$work/restart-front" "$work/renew"
  export RESTART_FRONT=$work/restart-front RENEW_CERTIFICATE=$work/renew
  $RESTART_FRONT
}

prepare() {
  need haproxy haproxy
  need openssl openssl
  export CERTIFICATE=$work/tls/site.pem
  mkdir -p "$work/tls"
  certificate 60
  start_outlay
  tls_port=$(free_port)
  cat >"$work/haproxy.cfg" <<CFG
global
  stats socket $work/haproxy.sock level admin
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 2s
frontend tls
  bind 127.0.0.1:$tls_port ssl crt $CERTIFICATE
  default_backend outlay
backend outlay
  http-request set-header Host ${OUTLAY_URL#http://}
  server one ${OUTLAY_URL#http://}
CFG
  start_front
  export SSL_CERT_FILE=$work/tls/trusted.pem
  start_probe "https://localhost:$tls_port"
  start_prometheus
}

inject() {
  certificate 3
  $RESTART_FRONT
}

abort_when() { ! curl -fs -m 5 -o /dev/null --cacert "$work/tls/trusted.pem" "https://localhost:$tls_port/livez"; }
