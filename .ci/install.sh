#!/usr/bin/env bash
# Installs what the tests need and is not there yet: Chromium, PostgreSQL, Poppler's tools and a C compiler from the distribution,
# golangci-lint, govulncheck and an S3 server (versitygw) into .tools, the Node tools of static/ and e2e/ by their lock
# files, and a Keycloak where there are tests for one. Run again, it does nothing.
#
#   .ci/install.sh          all
#   .ci/install.sh lint     golangci-lint alone
#   .ci/install.sh node     the Node tools alone
set -euo pipefail
cd "$(dirname "$0")/.."

golangci_version=v2.15.0
govulncheck_version=v1.9.0
versitygw_version=v1.8.0
tools=$PWD/.tools
export PATH="$tools:$PATH"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

packages() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  command -v runuser >/dev/null || missing+=(util-linux)
  command -v gcc >/dev/null || missing+=(gcc libc6-dev) # the race detector needs cgo
  command -v pdfsig >/dev/null || missing+=(poppler-utils) # documents and their signatures are checked with them
  command -v openssl >/dev/null || missing+=(openssl)
  if [ -x e2e/keycloak.sh ]; then
    command -v java >/dev/null || missing+=(default-jre-headless)
    command -v mvn >/dev/null || missing+=(maven)
  fi
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || {
    echo "install: these are missing, and there is no apt-get to get them with: ${missing[*]}" >&2
    return 1
  }
  echo "install: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# go_tool NAME VERSION PACKAGE builds a tool once for each version and Go release.
go_tool() {
  local name=$1 version=$2 package=$3 stamp
  stamp="$tools/$name.version"
  if [ -x "$tools/$name" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$version $(go env GOVERSION)" ]; then return; fi
  echo "install: $name $version"
  mkdir -p "$tools"
  # In a module of its own: the tool's hundreds of dependencies are not the portal's.
  (cd "$tools" && GOBIN="$tools" GOFLAGS= go install "$package@$version")
  echo "$version $(go env GOVERSION)" >"$stamp"
}

node_tools() {
  local folder
  for folder in static e2e; do
    [ -f "$folder/package-lock.json" ] || continue
    # npm ci empties the folder first, so it runs only when the lock file has changed. It refuses a lock file that lacks
    # optional packages for other systems, as a registry mirror may not have them: npm install then takes what is locked.
    if ! cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock"; then
      echo "install: node tools of $folder"
      (
        cd "$folder"
        export PUPPETEER_SKIP_DOWNLOAD=1
        npm ci --ignore-scripts --no-audit --no-fund --loglevel=silent || npm install --ignore-scripts --no-save --no-audit --no-fund --loglevel=error
      )
      cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock"
    fi
  done
}

case "${1:-all}" in
lint) go_tool golangci-lint "$golangci_version" github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
node) node_tools ;;
all)
  packages
  go_tool golangci-lint "$golangci_version" github.com/golangci/golangci-lint/v2/cmd/golangci-lint
  go_tool govulncheck "$govulncheck_version" golang.org/x/vuln/cmd/govulncheck
  go_tool versitygw "$versitygw_version" github.com/versity/versitygw/cmd/versitygw # the S3 server of the tests
  node_tools
  if [ -x e2e/keycloak.sh ]; then e2e/keycloak.sh; fi
  ;;
*)
  echo "usage: .ci/install.sh [all|lint|node]" >&2
  exit 2
  ;;
esac
