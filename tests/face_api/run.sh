#!/usr/bin/env bash
# The Face API as its clients see it: a test for every row of its reference, against the emulator and through
# the server, every answer held against a JSON schema; and Azure's own JavaScript client. Node's test runner.
#   tests/face_api/run.sh [FILE…]   LIVENESSD_BINARY names the program; COUNTS a file that gets "passed failed"
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/face_api

# shellcheck source=tests/support/node.sh
. "$root/tests/support/node.sh"

need_node_modules "$here"
LIVENESSD_BINARY=$(livenessd_binary)
export LIVENESSD_BINARY
[ "$#" -gt 0 ] || set -- "$here"/*.test.mjs
log=$(mktemp)
trap 'rm -f "$log"' EXIT
code=0
timeout "${MOST_SECONDS:-300}" node --test --test-reporter=tap "$@" >"$log" 2>&1 || code=$?
cat "$log"
passed=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log")
failed=$(sed -n 's/^# \(fail\|cancelled\) \([0-9]*\)$/\2/p' "$log" | paste -sd+)
failed=$((${failed:-1}))
[ "$code" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
[ -z "${COUNTS:-}" ] || echo "${passed:-0} $failed" >"$COUNTS"
[ "$failed" -eq 0 ]
