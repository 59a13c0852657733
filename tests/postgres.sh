#!/usr/bin/env bash
# A throwaway PostgreSQL for the tests.
#   tests/postgres.sh start          starts one on a free port and prints its connection string, as the only line of output
#   tests/postgres.sh stop STRING    stops the one that this connection string names, and deletes its files
#   tests/postgres.sh halt STRING    breaks it off as a crash would, and keeps its files
#   tests/postgres.sh resume STRING  starts it again, on the same port
set -euo pipefail

bin=${POSTGRES_BIN:-}
if [ -z "$bin" ]; then
    for candidate in /usr/lib/postgresql/*/bin "$(dirname "$(command -v postgres || echo /nowhere/x)")"; do
        if [ -x "$candidate/initdb" ]; then bin=$candidate; fi
    done
fi
if [ -z "$bin" ]; then
    echo "PostgreSQL's server binaries were not found: install the package postgresql, or set POSTGRES_BIN." >&2
    exit 1
fi

# PostgreSQL refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

options() { # PORT DIRECTORY
    echo "-p $1 -k $2 -c listen_addresses=127.0.0.1 -c max_connections=200"
}

start() {
    local directory port attempt
    directory=$(mktemp -d "${TMPDIR:-/tmp}/idp-postgres.XXXXXX")
    if [ "$(id -u)" = 0 ]; then chown postgres "$directory"; fi
    as_owner "$bin/initdb" -D "$directory/data" -U idp --auth=trust --no-sync >"$directory/initdb.log" 2>&1
    # Below the ports that the system hands out by itself: one that is halted must find its port free when it resumes.
    for attempt in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 12000))
        if as_owner "$bin/pg_ctl" -D "$directory/data" -l "$directory/data/server.log" -w -t 60 start \
            -o "$(options "$port" "$directory")" >/dev/null 2>&1; then
            echo "Host=127.0.0.1;Port=$port;Username=idp;Database=postgres;Application Name=$(basename "$directory")"
            return
        fi
    done
    echo "PostgreSQL did not start; its log:" >&2
    cat "$directory/data/server.log" >&2
    exit 1
}

directory_of() { # STRING
    local name directory
    name=$(sed -n 's/.*Application Name=\(idp-postgres\.[A-Za-z0-9]*\).*/\1/p' <<<"$1")
    directory=${TMPDIR:-/tmp}/$name
    if [ -z "$name" ] || [ ! -d "$directory/data" ]; then
        echo "No such throwaway PostgreSQL." >&2
        exit 1
    fi
    echo "$directory"
}

halt() {
    local directory
    directory=$(directory_of "$1")
    as_owner "$bin/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null
}

resume() {
    local directory port
    directory=$(directory_of "$1")
    port=$(sed -n 's/.*Port=\([0-9]*\).*/\1/p' <<<"$1")
    as_owner "$bin/pg_ctl" -D "$directory/data" -l "$directory/data/server.log" -w -t 60 start -o "$(options "$port" "$directory")" >/dev/null
}

stop() {
    local directory
    directory=$(directory_of "$1")
    if [ -e "$directory/data/postmaster.pid" ]; then halt "$1"; fi
    rm -rf "$directory"
}

case "${1:-}" in
    start) start ;;
    stop) stop "${2:?the connection string that start printed}" ;;
    halt) halt "${2:?the connection string that start printed}" ;;
    resume) resume "${2:?the connection string that start printed}" ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
