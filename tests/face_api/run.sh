#!/usr/bin/env bash
# The Face API as its clients see it: a test for every row of its reference, against the emulator and through
# the server, every answer held against a JSON schema; and Azure's own JavaScript client. Node's test runner.
#   tests/face_api/run.sh [FILE…]   LIVENESSD_BINARY names the program; COUNTS a file that gets "passed failed"
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/face_api

binary() {
    local file
    for file in "${LIVENESSD_BINARY:-}" "$root"/build/{dev,release}/livenessd; do
        if [ -n "$file" ] && [ -x "$file" ]; then
            realpath "$file"
            return
        fi
    done
    echo "no livenessd built: cmake --preset dev && cmake --build --preset dev" >&2
    return 1
}

need_node_modules() {
    command -v npm >/dev/null || "$root/deploy/packages.sh" install node || return
    cmp -s "$here/package-lock.json" "$here/node_modules/.installed" && return
    # npm of Debian and of others warn about each other's settings
    npm --prefix "$here" ci --loglevel=error || return
    cp "$here/package-lock.json" "$here/node_modules/.installed"
}

need_node_modules || {
    echo "npm cannot install what is in tests/face_api/package-lock.json"
    exit 77
}
LIVENESSD_BINARY=$(binary)
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
