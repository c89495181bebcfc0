#!/usr/bin/env bash
# Builds the generated files of static/ again and fails when they differ from the committed ones: what is served is what
# the sources say.
set -euo pipefail
cd "$(dirname "$0")/../static"

sums() {
  find . -path ./node_modules -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
}

before=$(sums)
npm run --silent build
if ! changed=$(diff <(echo "$before") <(sums)); then
  echo "generated files were stale (they are fresh now; commit them):" >&2
  echo "$changed" | awk '{print "  static/" $3}' | sort -u >&2
  exit 1
fi
