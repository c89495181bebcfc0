#!/usr/bin/env bash
# Runs every fuzz target for a short while (FUZZTIME, 5 s). The targets are found, not listed. go test's flags may be
# given: .ci/fuzz.sh -json
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp)
trap 'rm -f "$out"' EXIT

fuzz() { # TARGET FOLDER TIME [FLAGS]
  local target=$1 folder=$2 time=$3
  shift 3
  go test "$@" -tags nomsgpack -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$folder" >"$out" 2>&1
}

status=0
while IFS=: read -r file target; do
  folder=$(dirname "$file")
  if ! fuzz "$target" "$folder" "${FUZZTIME:-5s}" "$@"; then
    # go test sometimes reports its own deadline as a failure (golang/go#75804, until Go 1.27). It found no
    # failing input then; a count of inputs has no deadline.
    if grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input written' "$out"; then
      fuzz "$target" "$folder" 2000x "$@" || status=1
    else
      status=1
    fi
  fi
  cat "$out"
done < <(grep -rnoE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz\w*' . |
  sed -E 's#^\./##; s#:[0-9]+:func #:#' | sort)
exit $status
