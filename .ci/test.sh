#!/usr/bin/env bash
# Everything that is tested, in order, with what it needs installed first. A step that fails does not stop the later
# ones; the last lines say what ran. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/.tools
results=$tools/results
rm -rf "$results"
mkdir -p "$results"
export PATH="$tools:$PATH"
export CI=true # what is missing fails: no test may skip itself here

# step NAME COMMAND… runs one step and notes how it ended. 75 means that it could not be done here and says so itself.
step() {
  local name=$1 started=$SECONDS status=0
  shift
  echo "== $name"
  "$@" || status=$?
  case $status in
  0) echo "ok          $name ($((SECONDS - started)) s)" >>"$results/steps" ;;
  75) echo "NOT CHECKED $name ($((SECONDS - started)) s)" >>"$results/steps" ;;
  *) echo "FAILED      $name ($((SECONDS - started)) s)" >>"$results/steps" ;;
  esac
}

# tests NAME COMMAND… runs a go test -json and shows of its output what a person wants to read.
tests() {
  local name=$1
  shift
  "$@" | tee "$results/$name.json" | "$tools/report" follow
}

rooms() {
  go list -tags nomsgpack ./... | grep -v '/e2e$'
}

# The race detector is slow, and finds what nothing else does: one run with it serves for both.
unit() {
  # shellcheck disable=SC2046 # package names have no spaces
  tests unit .ci/postgres.sh env CGO_ENABLED=1 go test -race -json -tags nomsgpack -timeout 40m $(rooms)
}

gofmt_clean() {
  local files
  files=$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.tools/*' -print0 | xargs -0 gofmt -l)
  [ -z "$files" ] || {
    echo "not gofmt'ed: $files" >&2
    return 1
  }
}

go build -o "$tools/report" ./.ci/report
step "install" .ci/install.sh
step "generated files are fresh" .ci/fresh.sh
step "format" gofmt_clean
step "vet" go vet -tags nomsgpack ./...
# A cache of its own: some findings depend on what an earlier run in another folder left in the shared one.
GOLANGCI_LINT_CACHE=$tools/lint-cache step "lint" golangci-lint run ./...
step "build" make --no-print-directory build
step "unit tests, SQLite and PostgreSQL, race detector" unit
step "fuzz, ${FUZZTIME:-5s} a target" tests fuzz .ci/fuzz.sh -json
step "browser tests" tests browser .ci/postgres.sh go test -json -tags nomsgpack -timeout 40m ./e2e/...
step "known vulnerabilities" .ci/vuln.sh

if [ -s e2e/out/audits.md ]; then
  echo
  echo "Audits of the built binary in Chromium:"
  echo "| audit | of | result | wanted |"
  echo "| --- | --- | --- | --- |"
  cat e2e/out/audits.md
fi
echo
echo "What ran:"
cat "$results/steps"
"$tools/report" total "$results"/*.json || status=$?
if grep -q '^FAILED' "$results/steps"; then status=1; fi
exit "${status:-0}"
