#!/usr/bin/env bash
# The quick start does what it says: deploy/run.sh starts on free ports, the lines it prints and the
# README's are pasted into a shell and give the verdicts they promise, and SIGTERM ends it well.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
pid=
clean_up() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap clean_up EXIT

fail() {
    echo "quick start: $1" >&2
    tail -n 40 "$folder/out" "$folder/pasted" >&2 2>/dev/null || true
    exit 1
}

exec 3< <(exec "$root/deploy/run.sh" --set http.listen=127.0.0.1:0 --set admin.listen=127.0.0.1:0 \
    --set emulator.listen=127.0.0.1:0 --set "store.path=$folder/try.db" 2>&1)
pid=$!
while IFS= read -r line; do
    printf '%s\n' "$line" >>"$folder/out"
    [[ $line != *'metrics |'* ]] || break
done <&3
grep -q 'metrics |' "$folder/out" || fail "it ended before it was ready"
cat <&3 >>"$folder/out" &
reader=$!
exec 3<&-

address_of() {
    sed -n "s/^{\"event\":\"ready\".*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/out"
}

# Pastes standard input into a shell; what it shows is in $folder/pasted.
paste_lines() {
    bash -eu -o pipefail >"$folder/pasted" 2>&1 || fail "a pasted line failed: $1"
}

expect() { # WHAT PATTERN
    grep -qE "$2" "$folder/pasted" || fail "no $1"
}

grep -q "in the browser: http://$(address_of http)/demo/" "$folder/out" || fail "no address of the demo page"
curl -fsS "http://$(address_of http)/demo/" | grep -q 'id="check"' || fail "no demo page"

printed() {
    sed -n '/^  # 1\./,/^  curl .*metrics/s/^  //p' "$folder/out"
}

printed | paste_lines 'the lines as printed'
expect 'live verdict' '"decision": "live"'
expect 'deletion' '^204$'
expect 'figures' '^livenessd_verdicts_total\{decision="live"\} 1$'
printed | sed "s/^saw='{}'/saw='{\"livenessDecision\":\"spoofface\"}'/" | paste_lines 'with a spoof'
expect 'spoof verdict' '"decision": "spoof"'
printed | sed "s/^saw='{}'/saw='{\"error\":\"FaceWithMaskDetected\"}'/" | paste_lines 'with a mask'
expect 'pending verdict' '"retry": "same_session"'

# shellcheck disable=SC2016 # backticks of Markdown
sed -n '/^## Five minutes/,/^## The API/p' "$root/README.md" | sed -n '/^```sh/,/^```$/{/^```/d;p}' |
    sed -e "s/127\.0\.0\.1:8080/$(address_of http)/g" -e "s/127\.0\.0\.1:8081/$(address_of admin)/g" \
        -e "s/127\.0\.0\.1:8082/$(address_of emulator)/g" | paste_lines "the README's lines"
expect "live verdict from the README's lines" '"decision": "live"'

kill -TERM "$pid"
code=0
wait "$pid" || code=$?
pid=
wait "$reader"
[ "$code" -eq 0 ] || fail "it ended with code $code"
grep -q '"event":"drained"' "$folder/out" || fail "it did not drain"
