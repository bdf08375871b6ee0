#!/usr/bin/env bash
# Every shell script, by name or by first line, goes through shellcheck and stops at errors.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

shell_scripts() {
    local file
    lint_files '*.sh' '.ci/*' 'deploy/*' 'tests/*' | sort -u | while IFS= read -r file; do
        if [[ $file == *.sh ]] || head -n 1 "$file" | grep -qE '^#!.*\b(ba)?sh\b'; then
            printf '%s\n' "$file"
        fi
    done
}

mapfile -t files < <(shell_scripts)
[ "${#files[@]}" -gt 0 ] || exit 0
{
    shellcheck --external-sources --source-path="$root" --format=gcc "${files[@]}" ||
        [ "$?" -eq 1 ] || echo "tests/lint/scripts.sh:1: shellcheck did not run"
    for file in "${files[@]}"; do
        grep -qE '^(set -euo pipefail|\. ".*/common\.sh")' "$file" ||
            echo "$file:1: no 'set -euo pipefail'"
        head -n 1 "$file" | grep -q '^# shellcheck shell=' || [ -x "$file" ] ||
            echo "$file:1: not executable"
    done
} | lint_finish
