#!/usr/bin/env bash
# Every lint, one line each: tests/lint/run.sh [NAME…]. Fails when one does. What a failed lint found is
# shown; LINT_COUNTS names a file that gets "passed failed".
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lints=(format layers includes banned sizes machine scripts spelling cppcheck tidy selftest)
[ "$#" -eq 0 ] || lints=("$@")
passed=0 failed=0
for lint in "${lints[@]}"; do
    start=$EPOCHSECONDS
    if found=$("$home/$lint.sh" 2>&1); then
        echo "ok      lint $lint ($((EPOCHSECONDS - start)) s)"
        passed=$((passed + 1))
    else
        echo "FAILED  lint $lint ($((EPOCHSECONDS - start)) s)"
        printf '%s\n' "$found" | head -n 60 | sed 's/^/    /'
        failed=$((failed + 1))
    fi
done
[ -z "${LINT_COUNTS:-}" ] || echo "$passed $failed" >"$LINT_COUNTS"
[ "$failed" -eq 0 ]
