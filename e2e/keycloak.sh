#!/usr/bin/env bash
# Gets Keycloak for the browser tests: its distribution from Maven Central, checked against the digest below, unpacked
# and built into .tools/keycloak-VERSION. Prints that folder. Run again, it does nothing else.
#
# Needs mvn and a Java runtime, 17 or later.
set -euo pipefail
cd "$(dirname "$0")/.."

version=26.7.3
digest=77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47
home=$PWD/.tools/keycloak-$version

mkdir -p .tools
exec 9>".tools/keycloak.lock"
flock 9 # two runs in one tree
if [ ! -f "$home/built" ]; then
  for tool in java mvn; do
    command -v $tool >/dev/null || {
      echo "keycloak: $tool is missing; .ci/install.sh installs it" >&2
      exit 1
    }
  done
  artifact=org.keycloak:keycloak-quarkus-dist:$version:tar.gz
  work=$(mktemp -d .tools/keycloak.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  echo "keycloak: getting $artifact" >&2
  for try in 1 2 3; do # 176 MB: a line may break
    if mvn -q -B dependency:copy -Dartifact=$artifact -DoutputDirectory="$PWD/$work" >&2; then break; fi
    [ "$try" != 3 ] || exit 1
  done
  archive=$work/keycloak-quarkus-dist-$version.tar.gz
  echo "$digest  $archive" | sha256sum --check --quiet >&2 || {
    echo "keycloak: $archive is not what it should be" >&2
    exit 1
  }
  tar -xzf "$archive" -C "$work" --strip-components=1
  rm "$archive"
  # What is fixed at build time, so that starting takes seconds: a database in memory, and the health checks.
  "$work/bin/kc.sh" build --db=dev-mem --health-enabled=true >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    exit 1
  }
  touch "$work/built"
  rm -rf "$home"
  mv "$work" "$home"
fi
echo "$home"
