#!/usr/bin/env bash
# Every C file is as clang-format writes it.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mapfile -t files < <(lint_files '*.c' '*.h')
[ "${#files[@]}" -gt 0 ] || exit 0
clang-format --dry-run --ferror-limit=3 "${files[@]}" 2>&1 | { grep -E ': (warning|error):' || true; } | lint_finish
