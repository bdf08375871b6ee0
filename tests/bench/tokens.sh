#!/usr/bin/env bash
# What knowing the caller costs: CPU microseconds of the serving process, user and system, for a GET of a
# settled session by app token, and by tokens of an identity provider that are remembered (auth.token_cache)
# or verified anew each time; and what it costs to refuse bad ones, one by one and by limits.failed_auth.
#   tests/bench/tokens.sh [ROUNDS [SECONDS [CONNECTIONS]]]     defaults: 3 rounds of 2 s, 32 connections
# Prints figures and their ratio to the app token; passes no judgement.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
rounds=${1:-3} seconds=${2:-2} connections=${3:-32}
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

"$root/deploy/packages.sh" install run build try bench test
export CCACHE_BASEDIR=$root
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS="-O2 -g" \
    -DLIVENESSD_HARDEN=ON -DLIVENESSD_TESTS=OFF -DLIVENESSD_BENCH=ON --log-level=WARNING >/dev/null
cmake --build "$build" --parallel "$(nproc)" --target livenessd -- --quiet

address_of() { # NAME FILE
    for _ in $(seq 100); do
        grep -q ready "$2" 2>/dev/null && break
        sleep 0.1
    done
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$2" | head -n 1
}

issuer=https://bench.example secret=0123456789abcdef0123456789abcdef
"$root/tests/support/sign_tokens.py" "$issuer" bench acme "$secret" >"$folder/signed"
jq -r .document "$folder/signed" >"$folder/keys.json"
token() { # ALGORITHM
    jq -r ".tokens.$1" "$folder/signed"
}

"$build/livenessd" emulate --listen 127.0.0.1:0 --log-level error >"$folder/emulate.log" &
pids+=($!)
emulator=$(address_of emulator "$folder/emulate.log")

serve() { # NAME CACHE [ARGUMENT…]
    LIVENESSD_UPSTREAM_KEY=bench "$build/livenessd" serve --set http.listen=127.0.0.1:0 \
        --set admin.listen=127.0.0.1:0 --set "upstream.endpoint=http://$emulator" \
        --set upstream.rate=1000000 --set keys.generate=true --set "store.path=$folder/$1.db" \
        --set "keys.dir=$folder/keys" --set http.max_connections_per_address=0 \
        --set auth.mode=app_token,jwt --set "auth.token_cache=$2" --set log.level=error \
        --set "auth.app_tokens=bench:$(printf %s bench | sha256sum | cut -d' ' -f1)" \
        --set "auth.issuers=issuer=$issuer audience=bench jwks=$folder/keys.json" \
        --set limits.enabled=false "${@:3}" \
        >"$folder/$1.log" &
    pids+=($!)
    address_of http "$folder/$1.log" >"$folder/$1.address"
}

serve keeping 10000
keeping=${pids[-1]}
serve forgetful 0
forgetful=${pids[-1]}
serve guarded 10000 --set limits.enabled=true
guarded=${pids[-1]}

# A settled session of that caller on that server; prints its URL.
settle() { # SERVER AUTHORIZATION
    local base session id bearer
    base=http://$(cat "$folder/$1.address")/api/detectLiveness-sessions
    session=$(curl -sS "$base" -H "Authorization: $2" -H 'Content-Type: application/json' \
        -d '{"livenessOperationMode":"Passive"}')
    id=$(jq -er .sessionId <<<"$session")
    bearer="Authorization: Bearer $(jq -r .authToken <<<"$session")"
    curl -sS -o /dev/null -X POST "http://$emulator/face/v1.2/session/start" -H "$bearer"
    curl -sS -o /dev/null "http://$emulator/face/v1.2/detectLiveness/singleModal" -H "$bearer" \
        -H 'Content-Type: application/json' -d '{}'
    curl -sS -o /dev/null -X POST "$base/$id/completion" -H "Authorization: $2"
    echo "$base/$id"
}

app_url=$(settle keeping 'Bearer bench')
kept_url=$(settle keeping "Bearer $(token RS256)")
guarded_url=http://$(cat "$folder/guarded.address")/${kept_url#http://*/}
fresh_url=$(settle forgetful "Bearer $(token RS256)")

ticks_per_second=$(getconf CLK_TCK)
cpu_of() { # PID: ticks of all its threads
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# One stretch of load: prints CPU microseconds a request; every answer has to be as expected.
measure() { # PID URL TOKEN EXPECTED
    local before after report requests refused
    export AUTHORIZATION="Bearer $3"
    before=$(cpu_of "$1")
    report=$(wrk -t1 -c"$connections" -d"${seconds}s" -s "$root/tests/bench/token.lua" "$2")
    after=$(cpu_of "$1")
    requests=$(awk '/requests in/ { print $1 }' <<<"$report")
    refused=$(awk '/Non-2xx/ { print $NF }' <<<"$report")
    case $4 in
    taken) [ -z "$refused" ] || echo "note: $refused of $requests were refused" >&2 ;;
    refused) [ "${refused:-0}" = "$requests" ] || echo "note: not all of $requests were refused" >&2 ;;
    esac
    awk -v ticks="$((after - before))" -v hz="$ticks_per_second" -v n="$requests" \
        'BEGIN { printf "%.2f\n", ticks * 1e6 / hz / n }'
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

declare -A figures=()
names=()
note() { # NAME PID URL TOKEN EXPECTED
    [ -n "${figures[$1]+known}" ] || names+=("$1")
    figures[$1]+="$(measure "${@:2}")"$'\n'
}

forged() { # ALGORITHM: another token's signature
    local one=${1}
    printf '%s.%s' "$(token "$one" | cut -d. -f1-2)" "$(token RS384 | cut -d. -f3)"
}

es256_forged=$(token ES256 | sed 's/.\{8\}$/AAAAAAAA/')
for round in $(seq "$rounds"); do
    note app-token "$keeping" "$app_url" bench taken
    note remembered-rs256 "$keeping" "$kept_url" "$(token RS256)" taken
    note remembered-es256 "$keeping" "$kept_url" "$(token ES256)" taken
    note verified-rs256 "$forgetful" "$fresh_url" "$(token RS256)" taken
    note verified-es256 "$forgetful" "$fresh_url" "$(token ES256)" taken
    note verified-es384 "$forgetful" "$fresh_url" "$(token ES384)" taken
    note forged-rs256 "$keeping" "$kept_url" "$(forged RS256)" refused
    note forged-es256 "$keeping" "$kept_url" "$es256_forged" refused
    note limited-es256 "$guarded" "$guarded_url" "$es256_forged" refused
    note no-token "$keeping" "$kept_url" "a.b.c" refused
    note wrong-app-token "$keeping" "$kept_url" "nonsense" refused
    echo "round $round of $rounds done" >&2
done

echo "CPU a request, median of $rounds rounds of $seconds s, $connections connections"
base=$(printf '%s' "${figures[app-token]}" | median)
for name in "${names[@]}"; do
    printf '%s' "${figures[$name]}" | median |
        awk -v n="$name" -v y="$base" '{ printf "%-18s %7.2f us   ratio to app-token %.2f\n", n, $1, $1 / y }'
done
