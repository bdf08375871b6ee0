#!/usr/bin/env bash
# The full forms of what tests/faults shows in short, with the release build: deletions owed under load,
# kill -9 under load, and starting on a store full of open sessions. Prints figures; fails when a test does.
#   tests/bench/lifecycle.sh [outbox|crash|start]…     default: all three, a few minutes
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/lifecycle
[ $# -gt 0 ] || set -- outbox crash start

"$root/deploy/packages.sh" install run build test
export CCACHE_BASEDIR=$root
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS="-O2 -g" \
    -DLIVENESSD_HARDEN=ON -DLIVENESSD_TESTS=ON --log-level=WARNING >/dev/null
cmake --build "$build" --parallel "$(nproc)" --target livenessd e2e_faults_outbox_load \
    e2e_faults_crash_load e2e_faults_many_sessions -- --quiet

export LIVENESSD_BINARY=$build/livenessd
export LIVENESSD_TEST_OWED=10000 LIVENESSD_TEST_CREATE_EVERY_MS=5
export LIVENESSD_TEST_CRASHES=100 LIVENESSD_TEST_OPEN=100000

for part in "$@"; do
    case $part in
    outbox) "$build/tests/e2e_faults_outbox_load" --short-filename ;;
    crash) "$build/tests/e2e_faults_crash_load" --short-filename ;;
    start) "$build/tests/e2e_faults_many_sessions" --short-filename ;;
    *)
        echo "unknown: $part" >&2
        exit 2
        ;;
    esac
done
