#!/usr/bin/env bash
# The OpenAPI document: linted, held against its source, its examples, the types made of it and a frontend that uses
# them; then end-to-end suites with a tap before every server, whose prism judges all they send and get.
#   tests/openapi/run.sh          LIVENESSD_BINARY names the program, beside whose tests/ the C programs lie; COUNTS a
#                                 file that gets "passed failed"
#   tests/openapi/run.sh --all    the suites that are left out otherwise for the time they take, too
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/openapi
face_api=(server_client server_operators server_refusals server_sessions server_upstream server_versions)
frontends=(vanilla)
programs=(happy_path verify ownership waiting idempotency limits)
if [ "${1:-}" = --all ]; then
    frontends+=(mobile token_samples malformed origins upstreams)
    programs+=(audit correlation dialects dialects_refused events facade facade_mobile operator ownership_matrix policy
        receipts session_rules tokens verdicts)
fi

# shellcheck source=tests/support/node.sh
. "$root/tests/support/node.sh"

need_node_modules "$here"
LIVENESSD_BINARY=$(livenessd_binary)
export LIVENESSD_BINARY LIVENESSD_TEST_SOURCE_DIR=$root
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1
work=$(mktemp -d)
tap=
finish() {
    [ -z "$tap" ] || kill "$tap" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

passed=0
failed=0
count_tap() { # LOG: what Node's runner says at its end
    local good bad
    good=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$1")
    bad=$(sed -n 's/^# \(fail\|cancelled\) \([0-9]*\)$/\2/p' "$1" | paste -sd+)
    passed=$((passed + ${good:-0}))
    failed=$((failed + ${bad:-1}))
}

# A Criterion program; says which tests failed in the form of the others.
run_program() { # NAME
    local program log=$work/$1.log code=0
    program=$(dirname "$LIVENESSD_BINARY")/tests/e2e_http_$1
    [ -x "$program" ] || return 0 # a build without tests
    timeout 280 "$program" --short-filename --jobs "$(nproc)" >"$log" 2>&1 || code=$?
    ! grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:|ERROR: daemon' "$log" || code=1
    if [ "$code" -eq 0 ]; then
        echo "ok - e2e_http_$1 through the tap"
        passed=$((passed + 1))
    else
        printf 'not ok - e2e_http_%s through the tap\n  ---\n  error: |-\n' "$1"
        tail -n 40 "$log" | sed 's/^/    /'
        echo "  ..."
        failed=$((failed + 1))
    fi
}

node "$here/tap.mjs" "$work/report.json" >"$work/tap" &
tap=$!
for ((i = 0; i < 600; i++)); do
    LIVENESSD_TEST_PROXY=$(sed -n 's/^ready //p' "$work/tap")
    [ -z "$LIVENESSD_TEST_PROXY" ] || break
    sleep 0.1
done
export LIVENESSD_TEST_PROXY

suites=("${face_api[@]/#/$root/tests/face_api/}" "${frontends[@]/#/$root/tests/frontends/}")
COUNTS=$work/counts "$root/tests/face_api/run.sh" "${suites[@]/%/.test.mjs}" >"$work/suites.log" 2>&1 &
beside=$!
timeout 300 node --test --test-reporter=tap "$here"/*.test.mjs >"$work/own.log" 2>&1 || true
for name in "${programs[@]}"; do
    run_program "$name"
done
wait "$beside" || true
cat "$work/own.log" "$work/suites.log"
count_tap "$work/own.log"
results=(0 1)
[ ! -f "$work/counts" ] || read -ra results <"$work/counts"
passed=$((passed + results[0]))
failed=$((failed + results[1]))

kill "$tap"
wait "$tap" || true
tap=
node "$here/report.mjs" "$work/report.json" >"$work/verdict" || true
cat "$work/verdict"
passed=$((passed + $(grep -c '^ok' "$work/verdict" || true)))
failed=$((failed + $(grep -c '^not ok' "$work/verdict" || true)))
[ -s "$work/verdict" ] || failed=$((failed + 1))
[ -z "${COUNTS:-}" ] || echo "$passed $failed" >"$COUNTS"
[ "$failed" -eq 0 ]
