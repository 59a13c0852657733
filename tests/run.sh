#!/usr/bin/env bash
# Runs every test: bash tests/run.sh [--long]
#
# Uses what is found, or what the environment names:
#   IDP_TEST_POSTGRES     connection string of a PostgreSQL that tests may create databases in; else a throwaway one is started
#   IDP_TEST_REDIS        host:port of a Redis for tests; else a throwaway one is started
#   IDP_TEST_CHROMIUM     path of a Chromium or Chrome
#   IDP_TEST_SCREENSHOTS  folder for pictures of all pages; else tests/screenshots
# As root on Debian it installs what is missing; elsewhere it names the packages. --long runs drills at full count (IDP_TEST_LONG=1).
# A suite that cannot run, skips a test or has no tests is a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD

for argument in "$@"; do
    case $argument in
        --long) export IDP_TEST_LONG=1 ;;
        *) echo "usage: bash tests/run.sh [--long]" >&2; exit 2 ;;
    esac
done

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/idp-run.XXXXXX")
# The SDK, NuGet and npm want a home; a build account may have none.
if [ ! -w "${HOME:-/nonexistent}" ]; then
    export HOME=$scratch/home DOTNET_CLI_HOME=$scratch/home
    mkdir -p "$HOME"
fi

postgres_own='' redis_pid=''
clean_up() {
    [ -z "$postgres_own" ] || bash "$root/tests/postgres.sh" stop "$postgres_own" >/dev/null 2>&1
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

passed=0 failed=0 summary=()
# suite NAME PASSED FAILED [REMARK]
suite() {
    passed=$((passed + $2)) failed=$((failed + $3))
    summary+=("$(printf '%-36s %5d passed, %d failed%s' "$1" "$2" "$3" "${4:+  ($4)}")")
}

# ---- what the machine has to have -------------------------------------------------------------------------------------------------------

find_chromium() {
    local candidate
    for candidate in "${IDP_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        [ -n "$candidate" ] && command -v "$candidate" && return
    done
    return 1
}

has_postgres() {
    local candidate
    for candidate in "${POSTGRES_BIN:-/nonexistent}" /usr/lib/postgresql/*/bin; do
        [ -x "$candidate/initdb" ] && return
    done
    command -v initdb >/dev/null
}

# What tests/interop says under "engines".
has_node() {
    local version
    version=$(node --version 2>/dev/null) && version=${version#v} || return
    [ "${version%%.*}" -gt 20 ] || { [ "${version%%.*}" = 20 ] && version=${version#*.} && [ "${version%%.*}" -ge 10 ]; }
}

needs() {
    missing=()
    [ -n "${IDP_TEST_POSTGRES:-}" ] || has_postgres || missing+=(postgresql)
    # Needed whatever IDP_TEST_REDIS says: some tests stop and freeze a Redis of their own.
    command -v redis-server >/dev/null || missing+=(redis-server)
    find_chromium >/dev/null || missing+=(chromium)
    has_node || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
}

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download" >&2; exit 1; }
needs
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        echo "Installing ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$scratch/apt.log" 2>&1 || tail -n 20 "$scratch/apt.log" >&2
        needs
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        echo "Missing packages: ${missing[*]}" >&2
        if [[ " ${missing[*]} " == *' nodejs '* ]] && command -v node >/dev/null; then
            echo "Node.js $(node --version) is too old for tests/interop, which needs 20.10 or later: install it from https://nodejs.org and put it first on PATH." >&2
        fi
        exit 1
    fi
fi
IDP_TEST_CHROMIUM=$(find_chromium)
export IDP_TEST_CHROMIUM

# ---- throwaway services -----------------------------------------------------------------------------------------------------------------

if [ -z "${IDP_TEST_POSTGRES:-}" ]; then
    postgres_own=$(bash tests/postgres.sh start) || { echo "PostgreSQL did not start." >&2; exit 1; }
    export IDP_TEST_POSTGRES=$postgres_own
fi

if [ -z "${IDP_TEST_REDIS:-}" ]; then
    for attempt in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 12000))
        redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" >"$scratch/redis.log" 2>&1 &
        redis_pid=$!
        for wait in $(seq 50); do
            (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break 2
            kill -0 "$redis_pid" 2>/dev/null || break
            sleep 0.1
        done
        kill "$redis_pid" 2>/dev/null
        redis_pid=''
    done
    [ -n "$redis_pid" ] || { echo "Redis did not start:" >&2; tail "$scratch/redis.log" >&2; exit 1; }
    export IDP_TEST_REDIS=127.0.0.1:$port
fi

# ---- build once -------------------------------------------------------------------------------------------------------------------------

echo "Building"
if ! dotnet build IdentityProvider.sln --configuration Release --nologo --verbosity quiet >"$scratch/build.log" 2>&1; then
    grep -E 'error|warning' "$scratch/build.log" | sort -u | head -n 40 >&2
    echo "0 passed, 1 failed"
    exit 1
fi
export IDP_SERVER_DLL=$root/src/IdentityProvider.Server/bin/Release/net10.0/idp.dll

# ---- .NET suites ------------------------------------------------------------------------------------------------------------------------

count() { grep -o "<Counters [^>]*" "$1" | grep -o " $2=\"[0-9]*\"" | tr -dc 0-9; }

for project in tests/*.Tests/*.csproj; do
    name=$(basename "$project" .csproj)
    echo "Running $name"
    dotnet test "$project" --configuration Release --no-build --nologo --verbosity quiet \
        --logger "console;verbosity=minimal" --logger "trx;LogFileName=$scratch/$name.trx" >"$scratch/$name.log" 2>&1
    status=$?
    if [ ! -f "$scratch/$name.trx" ]; then
        tail -n 30 "$scratch/$name.log" >&2
        suite "$name" 0 1 "did not run"
        continue
    fi
    total=$(count "$scratch/$name.trx" total) good=$(count "$scratch/$name.trx" passed)
    bad=$((total - good)) remark=''
    if [ "$total" = 0 ]; then bad=1 remark='no tests'; fi
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1 remark="ended with $status"; fi
    if [ "$bad" != 0 ]; then
        grep -vE '^ *at |^\[xUnit' "$scratch/$name.log" | head -n 200 >&2
        [ "$(count "$scratch/$name.trx" executed)" = "$total" ] || remark='skipped tests count as failed'
    fi
    suite "$name" "$good" "$bad" "$remark"
done

# ---- node suites ------------------------------------------------------------------------------------------------------------------------

for package in tests/*/package.json; do
    [ -f "$package" ] || continue
    folder=$(dirname "$package") name=$(basename "$(dirname "$package")")
    grep -q '"test"' "$package" || continue
    echo "Running $name"
    if ! (cd "$folder" && npm ci --no-audit --no-fund --silent) >"$scratch/$name.npm.log" 2>&1; then
        tail -n 20 "$scratch/$name.npm.log" >&2
        suite "$name" 0 1 "npm ci failed"
        continue
    fi
    (cd "$folder" && node --test --test-reporter=tap) >"$scratch/$name.log" 2>&1
    status=$?
    tap() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$scratch/$name.log" | tail -n 1; }
    total=$(tap tests) good=$(tap pass)
    total=${total:-0} good=${good:-0}
    bad=$((total - good)) remark=''
    if [ "$total" = 0 ]; then bad=1 remark='no tests'; fi
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1 remark="ended with $status"; fi
    [ "$bad" = 0 ] || grep -B1 -A25 '^ *not ok' "$scratch/$name.log" | head -n 200 >&2
    suite "$name" "$good" "$bad" "$remark"
done

echo
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
