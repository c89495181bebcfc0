#!/usr/bin/env bash
# Runs every fuzz target for a short while (FUZZTIME, 5 s). The targets are found, not listed. go test's flags may be
# given: .ci/fuzz.sh -json
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
while IFS=: read -r file target; do
  go test "$@" -tags nomsgpack -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-5s}" "./$(dirname "$file")" || status=1
done < <(grep -rnoE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz\w*' . |
  sed -E 's#^\./##; s#:[0-9]+:func #:#' | sort)
exit $status
