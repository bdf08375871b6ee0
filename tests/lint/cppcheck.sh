#!/usr/bin/env bash
# cppcheck over server/, with its own cache of what has not changed.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
folder=$(lint_build_folder)
mkdir -p "$folder/cppcheck"
# unusedFunction needs the whole program and is not asked for; inconclusive findings are. The list
# macros are shown to it, because it skips system headers.
{
    cppcheck --quiet --enable=warning,style,performance,portability --inconclusive --std=c11 \
        --library=posix,gnu,libcurl,openssl --inline-suppr --suppress=missingIncludeSystem \
        --suppress=unmatchedSuppression --include=/usr/include/utlist.h --include="/usr/include/$(gcc -print-multiarch)/sys/queue.h" \
        --cppcheck-build-dir="$folder/cppcheck" -j "$(nproc)" \
        --template='{file}:{line}: {severity}: {message} [{id}]' --file-filter="*server/*" \
        --project="$folder/compile_commands.json" 2>&1 || echo "cppcheck ended with $?"
} | sed "s#$root/##g" | { grep -E '^([^ ]+:[0-9]+: |cppcheck)' || true; } | sort -u | lint_finish
