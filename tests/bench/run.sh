#!/usr/bin/env bash
# What a request costs: CPU microseconds of the serving process, user and system, for livenessd beside
# what libh2o alone (GET) and libh2o with libcurl alone (create) cost, in alternation, on this machine.
#   tests/bench/run.sh [ROUNDS [SECONDS [CONNECTIONS]]]     defaults: 5 rounds of 4 s, 64 connections
# Budgets: a create at most twice the relay, a GET of a settled session at most twice the bare handler.
# For the creates upstream is one more bare handler with a canned answer, or its speed would be what is
# measured: how many records share a sync depends on how many creates are under way at the store.
# Prints figures and ratios; passes no judgement.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
rounds=${1:-5} seconds=${2:-4} connections=${3:-64}
build=$root/build/bench
folder=$(mktemp -d)
pids=()

clean_up() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap clean_up EXIT

"$root/deploy/packages.sh" install run build try bench
export CCACHE_BASEDIR=$root
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS="-O2 -g" \
    -DLIVENESSD_HARDEN=ON -DLIVENESSD_TESTS=OFF -DLIVENESSD_BENCH=ON --log-level=WARNING >/dev/null
cmake --build "$build" --parallel "$(nproc)" -- --quiet

wait_for() { # FILE PATTERN
    for _ in $(seq 100); do
        grep -q "$2" "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    echo "$1 never said $2" >&2
    return 1
}

address_of() { # NAME FILE
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$2" | head -n 1
}

"$build/livenessd" emulate --listen 127.0.0.1:0 --log-level error >"$folder/emulate.log" &
pids+=($!)
wait_for "$folder/emulate.log" ready
emulator=$(address_of emulator "$folder/emulate.log")

bare_handler() { # NAME FILE: answers everything with the file; its address goes to NAME.address
    "$build/bare_handler" "$2" >"$folder/$1.port" &
    pids+=($!)
    wait_for "$folder/$1.port" .
    echo "127.0.0.1:$(cat "$folder/$1.port")" >"$folder/$1.address"
}

limit='1000000/1s burst 1000000' # which are reckoned with, but never reached
serve() { # NAME UPSTREAM
    LIVENESSD_UPSTREAM_KEY=bench "$build/livenessd" serve --set http.listen=127.0.0.1:0 \
        --set admin.listen=127.0.0.1:0 --set "upstream.endpoint=http://$2" \
        --set upstream.rate=1000000 --set keys.generate=true --set "store.path=$folder/$1.db" \
        --set "keys.dir=$folder/keys" --set http.max_connections_per_address=0 \
        --set "limits.create_device=$limit" --set "limits.create_principal=$limit" \
        --set "limits.create_address=$limit" --set "limits.create_total=$limit" \
        --set "limits.read=$limit" >"$folder/$1.log" &
    pids+=($!)
    wait_for "$folder/$1.log" ready
    address_of http "$folder/$1.log" >"$folder/$1.address"
}

serve reader "$emulator"
reader=${pids[-1]}
http=$(cat "$folder/reader.address")

curl -sS "http://$emulator/face/v1.2/detectLiveness-sessions" -H 'Ocp-Apim-Subscription-Key: bench' \
    -H 'Content-Type: application/json' \
    -d '{"livenessOperationMode":"Passive","deviceCorrelationId":"bench"}' >"$folder/created"
jq -e .authToken "$folder/created" >/dev/null
bare_handler upstream "$folder/created"
upstream=$(cat "$folder/upstream.address")
serve writer "$upstream"
writer=${pids[-1]}

# A settled session for the GET, and its bytes for the bare handler.
headers=$folder/headers
session=$(curl -sS -D "$headers" "http://$http/api/detectLiveness-sessions" \
    -H 'Content-Type: application/json' -d '{"livenessOperationMode":"Passive"}')
id=$(jq -r .sessionId <<<"$session")
bearer="Authorization: Bearer $(jq -r .authToken <<<"$session")"
DEVICE_TOKEN=$(sed -n 's/^x-device-token: \([^[:space:]]*\).*/\1/Ip' "$headers")
export DEVICE_TOKEN
curl -sS -o /dev/null -X POST "http://$emulator/face/v1.2/session/start" -H "$bearer"
curl -sS -o /dev/null "http://$emulator/face/v1.2/detectLiveness/singleModal" -H "$bearer" \
    -H 'Content-Type: application/json' -d '{}'
curl -sS -o /dev/null -X POST "http://$http/api/detectLiveness-sessions/$id/completion" \
    -H "X-Device-Token: $DEVICE_TOKEN"
curl -sS "http://$http/api/detectLiveness-sessions/$id" -H "X-Device-Token: $DEVICE_TOKEN" >"$folder/body"
jq -e '.verdict.decision == "live"' "$folder/body" >/dev/null

bare_handler handler "$folder/body"
handler=${pids[-1]}
"$build/bare_relay" "http://$upstream/face/v1.2/detectLiveness-sessions" >"$folder/relay.port" &
relay=$!
pids+=("$relay")
wait_for "$folder/relay.port" .

ticks_per_second=$(getconf CLK_TCK)
cpu_of() { # PID: ticks of all its threads
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# One stretch of load: prints CPU microseconds a request of process $1.
measure() { # PID SCRIPT URL
    local before after report requests errors
    before=$(cpu_of "$1")
    report=$(wrk -t1 -c"$connections" -d"${seconds}s" -s "$2" "$3")
    after=$(cpu_of "$1")
    requests=$(awk '/requests in/ { print $1 }' <<<"$report")
    errors=$(awk '/Non-2xx/ { print $NF }' <<<"$report")
    [ -z "$errors" ] || echo "note: $errors of $requests answers of $3 were no 2xx" >&2
    awk -v ticks="$((after - before))" -v hz="$ticks_per_second" -v n="$requests" \
        'BEGIN { printf "%.2f\n", ticks * 1e6 / hz / n }'
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

declare -A figures=()
note() { # NAME VALUE
    figures[$1]+="$2"$'\n'
}

here=$root/tests/bench
for round in $(seq "$rounds"); do
    note bare-handler "$(measure "$handler" "$here/get.lua" "http://$(cat "$folder/handler.address")/")"
    note get "$(measure "$reader" "$here/get.lua" "http://$http/api/detectLiveness-sessions/$id")"
    note bare-relay "$(measure "$relay" "$here/create.lua" "http://127.0.0.1:$(cat "$folder/relay.port")/")"
    note create "$(measure "$writer" "$here/create.lua" \
        "http://$(cat "$folder/writer.address")/api/detectLiveness-sessions")"
    echo "round $round of $rounds done" >&2
done

ratio() { # NAME BASE BUDGET
    local ours base
    ours=$(printf '%s' "${figures[$1]}" | median)
    base=$(printf '%s' "${figures[$2]}" | median)
    awk -v n="$1" -v b="$2" -v x="$ours" -v y="$base" -v budget="$3" 'BEGIN {
        printf "%-8s %7.2f us   %-13s %7.2f us   ratio %.2f   budget %.1f\n", n, x, b, y, x / y, budget }'
}

echo "CPU a request, median of $rounds rounds of $seconds s, $connections connections"
ratio get bare-handler 2.0
ratio create bare-relay 2.0
