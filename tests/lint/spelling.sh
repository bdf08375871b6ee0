#!/usr/bin/env bash
# Common misspellings in every text file.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mapfile -t files < <(lint_files . | grep -vE '(^|/)(package-lock\.json|corpus/.*)$')
[ "${#files[@]}" -gt 0 ] || exit 0
# system calls, cut words in tests, and a possessive of a method
ignore=(creat fo ot nd te crate hel nulll "get's")
codespell --ignore-words-list "$(IFS=, && echo "${ignore[*]}")" "${files[@]}" 2>/dev/null | lint_finish
