#!/usr/bin/env bash
# What the limiter takes of memory and how long it stops everybody else while it grows, at full size.
#   tests/bench/limiter.sh [KEYS [CHOSEN]]     defaults: 10 000 000 keys, 1 000 000 chosen ones; minutes
# Budgets: at most 40 bytes a key, no charge above 5 ms, chosen keys no slower than random ones.
# Prints figures; passes no judgement. What a flood of wrong credentials costs: tests/bench/tokens.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/bench
"$root/deploy/packages.sh" install run build try bench
export CCACHE_BASEDIR=$root
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS="-O2 -g" \
    -DLIVENESSD_HARDEN=ON -DLIVENESSD_TESTS=OFF -DLIVENESSD_BENCH=ON --log-level=WARNING >/dev/null
cmake --build "$build" --parallel "$(nproc)" --target bench_limiter -- --quiet
"$build/bench_limiter" "$@"
