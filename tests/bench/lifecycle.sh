#!/usr/bin/env bash
# The full forms of what tests/faults shows in short, with the release build: deletions owed under load,
# kill -9 under load, starting on a store full of open sessions, a crowd that waits, and a million sessions
# that come and go. Those with -redis are the same over a Redis, crash-redis with two replicas. Prints
# figures; fails when a test does.
#   tests/bench/lifecycle.sh [outbox|crash|start|waiters|settled|outbox-redis|crash-redis|start-redis]…
#   default: all, half an hour
# The waiters need 16 000 open files (ulimit -Hn).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/lifecycle
[ $# -gt 0 ] || set -- outbox crash start waiters settled outbox-redis crash-redis start-redis

"$root/deploy/packages.sh" install run build test
export CCACHE_BASEDIR=$root
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS="-O2 -g" \
    -DLIVENESSD_HARDEN=ON -DLIVENESSD_TESTS=ON --log-level=WARNING >/dev/null
cmake --build "$build" --parallel "$(nproc)" --target livenessd e2e_faults_outbox_load \
    e2e_faults_crash_load e2e_faults_crash_replicas e2e_faults_many_sessions e2e_faults_many_waiters \
    e2e_faults_many_settled -- --quiet

export LIVENESSD_BINARY=$build/livenessd
export LIVENESSD_TEST_OWED=10000 LIVENESSD_TEST_CREATE_EVERY_MS=5
export LIVENESSD_TEST_CRASHES=100 LIVENESSD_TEST_OPEN=100000 LIVENESSD_TEST_SETTLED=1000000
export LIVENESSD_TEST_WAITERS=15000 LIVENESSD_TEST_WAITING_MS=17000 # a whole period of heartbeats

run() { # PROGRAM [OPTION]…
    "$build/tests/e2e_faults_$1" --short-filename "${@:2}"
}

for part in "$@"; do
    case $part in
    outbox) run outbox_load ;;
    outbox-redis) LIVENESSD_TEST_STORE=redis run outbox_load ;;
    crash) run crash_load ;;
    crash-redis) run crash_replicas ;;
    start) run many_sessions ;;
    start-redis) LIVENESSD_TEST_STORE=redis run many_sessions ;;
    waiters) run many_waiters --jobs 1 ;;
    settled) run many_settled ;;
    *)
        echo "unknown: $part" >&2
        exit 2
        ;;
    esac
done
