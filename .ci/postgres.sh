#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own: a new cluster in a temporary folder, on a free loopback port, under a
# user that is not root, gone when the command ends. The command finds it in TEST_DATABASE_URL. When that is set
# already, the command runs with that database.
#
#   .ci/postgres.sh go test ./store/...
set -euo pipefail

[ -n "${TEST_DATABASE_URL:-}" ] && exec "$@"

bin=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 || command -v initdb)")
[ -x "$bin/initdb" ] || {
  echo "postgres: no initdb found; .ci/install.sh installs PostgreSQL" >&2
  exit 1
}

dir=$(mktemp -d /tmp/portal-postgres.XXXXXX)
as_owner=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  chown postgres "$dir"
  as_owner=(runuser -u postgres --)
fi

finish() {
  if [ -f "$dir/data/postmaster.pid" ]; then
    (cd "$dir" && "${as_owner[@]}" "$bin/pg_ctl" stop -D "$dir/data" -m immediate -s) || true
  fi
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$dir"
"${as_owner[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null

for try in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  # Durability is off: the data does not outlive the run.
  if "${as_owner[@]}" "$bin/pg_ctl" start -D "$dir/data" -w -t 60 -s -l "$dir/log" -o "-p $port \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=200 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off"; then
    break
  fi
  if [ "$try" = 5 ]; then # five ports taken in a row: it is something else
    echo "postgres: it does not start" >&2
    cat "$dir/log" >&2
    exit 1
  fi
done
cd "$OLDPWD"

export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
"$@"
