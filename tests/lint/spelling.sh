#!/usr/bin/env bash
# Common misspellings in every text file.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mapfile -t files < <(lint_files . | grep -vE '(^|/)(package-lock\.json|corpus/.*)$')
[ "${#files[@]}" -gt 0 ] || exit 0
ignore=(creat fo ot nd te crate)
codespell --ignore-words-list "$(IFS=, && echo "${ignore[*]}")" "${files[@]}" 2>/dev/null | lint_finish
