#!/usr/bin/env bash
# Builds and runs every test: lints, gcc and release builds, then the unit and end-to-end tests plain and
# under AddressSanitizer and UndefinedBehaviorSanitizer. The last line says "N passed, N failed", and how many
# were skipped since this machine cannot run them.
#   tests/run.sh           everything
#   tests/run.sh NAME…     only lints and test programs whose name contains NAME (see `ctest -N`)
#   tests/run.sh --bench   everything, then one short round of the benchmark
# A compiler cache and the lints' memory live in ~/.cache/livenessd (TESTS_CACHE sets another place).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bench=false
names=()
for argument in "$@"; do
    case $argument in
    --bench) bench=true ;;
    -*)
        sed -n '2,8s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
    *) names+=("$argument") ;;
    esac
done

passed=0
failed=0
skipped=0
failures=()
logs=$root/build/logs
jobs=$(nproc)

count() { # PASSED FAILED
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# One check that is right or wrong as a whole; what it says is shown when it is wrong. With exit code 77 it
# is skipped, and its last line says why.
check() { # NAME COMMAND…
    local name=$1 start=$EPOCHSECONDS code=0 log
    log=$logs/${name//[ \/]/-}.log
    shift
    "$@" >"$log" 2>&1 || code=$?
    if [ "$code" -eq 0 ]; then
        echo "ok      $name ($((EPOCHSECONDS - start)) s)"
        sed -n 's/^note: /        /p' "$log"
        count 1 0
    elif [ "$code" -eq 77 ]; then
        echo "skipped $name: $(tail -n 1 "$log")"
        skipped=$((skipped + 1))
    else
        echo "FAILED  $name ($((EPOCHSECONDS - start)) s)"
        grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -n 60 | sed 's/^/    /'
        failures+=("$name")
        count 0 1
        return 1
    fi
}

build() { # PRESET
    cmake --preset "$1" --log-level=WARNING && cmake --build --preset "$1" --parallel "$jobs"
}

lint() {
    local lint wanted=()
    for lint in tests/lint/*.sh; do
        lint=$(basename "$lint" .sh)
        case $lint in common | run) continue ;; esac
        matches "lint $lint" && wanted+=("$lint")
    done
    [ "${#wanted[@]}" -gt 0 ] || return 0
    local results=(0 0)
    LINT_COUNTS=$logs/lint.counts tests/lint/run.sh "${wanted[@]}" || true
    read -ra results <"$logs/lint.counts"
    count "${results[@]}"
    [ "${results[1]}" -eq 0 ] || failures+=(lint)
}

matches() { # TEXT: whether one of the names asked for is in it
    local name
    [ "${#names[@]}" -gt 0 ] || return 0
    for name in "${names[@]}"; do
        [[ $1 == *"$name"* ]] && return 0
    done
    return 1
}

# Counts single tests, from what each Criterion program says at its end. A program that failed
# without a failed test (a leak, a time-out, a crash) is one failure.
count_of() { # CTEST LOG
    awk '
    function close_program() { if (open && !good && !bad) lost++; open = good = bad = 0 }
    /^[0-9]+\/[0-9]+ Testing: / { close_program(); open = 1; name = $3 }
    /Synthesis: Tested:/ {
        gsub(/\033\[[0-9;]*m/, "")
        for (i = 1; i <= NF; i++) {
            if ($i == "Passing:") passing += $(i + 1)
            if ($i == "Failing:") { failing += $(i + 1); bad += $(i + 1) } # crashes are among them
        }
    }
    /^Test Passed\.$/ { good = 1 }
    END { close_program(); print passing + 0, failing + lost }' "$1"
}

run_tests() { # PRESET
    local pattern=() results=(0 0) start=$EPOCHSECONDS
    local log=build/$1/Testing/Temporary/LastTest.log
    rm -f "$log"
    [ "${#names[@]}" -eq 0 ] || pattern=(-R "$(IFS='|' && echo "${names[*]}")")
    ctest --preset "$1" --parallel "$jobs" --no-tests=ignore "${pattern[@]}" \
        --output-junit "$logs/$1.xml" >"$logs/ctest-$1.log" 2>&1 || true
    [ ! -f "$log" ] || read -ra results < <(count_of "$log")
    count "${results[@]}"
    [ "${results[*]}" != '0 0' ] || return 0
    if [ "${results[1]}" -eq 0 ]; then
        echo "ok      tests $1: ${results[0]} passed ($((EPOCHSECONDS - start)) s)"
    else
        echo "FAILED  tests $1: ${results[0]} passed, ${results[1]} failed ($((EPOCHSECONDS - start)) s)"
        sed -n '/^The following tests FAILED/,$p' "$logs/ctest-$1.log"
        grep -E '^\[(----|FAIL)\]|Sanitizer|runtime error|SUMMARY' "$logs/ctest-$1.log" | head -n 80 | sed 's/^/    /'
        echo "    all of it: $logs/ctest-$1.log"
        failures+=("tests $1")
    fi
}

# What Node's test runner runs. Of what it says the failed tests are shown.
node_tests() { # NAME SCRIPT
    local name=$1 script=$2 results=(0 1) start=$EPOCHSECONDS code=0 log=$logs/${1// /-}
    rm -f "$log.counts"
    # whichever was built; the sanitizers see what the answers do not tell
    LIVENESSD_BINARY=build/asan/livenessd COUNTS=$log.counts "$script" >"$log.log" 2>&1 || code=$?
    if [ "$code" -eq 77 ]; then
        echo "skipped $name: $(tail -n 1 "$log.log")"
        skipped=$((skipped + 1))
        return
    fi
    [ ! -f "$log.counts" ] || read -ra results <"$log.counts"
    count "${results[@]}"
    if [ "$code" -eq 0 ]; then
        echo "ok      $name: ${results[0]} passed ($((EPOCHSECONDS - start)) s)"
        return
    fi
    echo "FAILED  $name: ${results[0]} passed, ${results[1]} failed ($((EPOCHSECONDS - start)) s)"
    tests/face_api/failures.awk "$log.log" | head -n 120 | sed 's/^/    /'
    echo "    all of it: $log.log"
    failures+=("$name")
}

deploy/packages.sh install run build test
mkdir -p "$logs"
cache=${TESTS_CACHE:-${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/livenessd}
mkdir -p "$cache" 2>/dev/null || cache=$root/build/cache
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} LINT_CACHE=$cache/lint
# the same file in another checkout is the same file
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

built=()
for preset in asan dev; do
    check "build $preset" build "$preset" && built+=("$preset")
done
builds=$((passed + failed))
[ "${#names[@]}" -gt 0 ] || check "build release" build release || true
lint
for script in dockerfile manifests pod image; do
    ! matches "deploy $script" || check "deploy $script" timeout 900 "tests/deploy/$script.sh" || true
done
! matches "quick start" || check "quick start" tests/deploy/quick_start.sh || true
! matches "face api" || node_tests "face api" tests/face_api/run.sh
! matches "frontends" || node_tests "frontends" tests/frontends/run.sh
! matches "openapi" || node_tests "openapi" tests/openapi/run.sh
! matches "browser" || node_tests "browser" tests/browser/run.sh
for preset in "${built[@]}"; do
    run_tests "$preset"
done
if $bench; then
    check "bench" tests/bench/run.sh 1 1 16 || true
fi

[ "${#failures[@]}" -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
[ $((passed + failed)) -gt "$builds" ] || [ "$failed" -gt 0 ] || {
    echo "no test has such a name"
    failed=1
}
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ "$failed" -eq 0 ]
