#!/usr/bin/env bash
# Looks for known vulnerabilities in what the binary really calls. The database is on the network; without it nothing
# is known, which is told and is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
.tools/govulncheck -tags nomsgpack ./... >"$out" 2>&1 || status=$?
cat "$out"
if [ $status != 0 ] && grep -qE 'no such host|dial tcp|connection refused|i/o timeout|proxyconnect|TLS handshake|vuln\.go\.dev' "$out" &&
  ! grep -q '^Vulnerability #' "$out"; then
  echo "NOT CHECKED for known vulnerabilities: the database at ${GOVULNDB:-https://vuln.go.dev} cannot be reached."
  exit 75
fi
exit $status
