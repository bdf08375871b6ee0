#!/usr/bin/env bash
# No file of 500 lines, no function of 60: what does not fit is two things. A function's length is the
# number of lines between its braces, which stand in the first column.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mapfile -t files < <(lint_files '*.c' '*.h')
[ "${#files[@]}" -gt 0 ] || exit 0
awk '
function file_end() { if (last >= 500) print name ":" last ": the file has " last " lines, 499 are allowed" }
FNR == 1 { if (name != "") file_end(); name = FILENAME; start = 0 }
{ last = FNR }
/^{$/ { start = FNR }
/^}$/ {
    if (start && FNR - start - 1 >= 60)
        print FILENAME ":" start ": the function has " (FNR - start - 1) " lines, 59 are allowed"
    start = 0
}
END { file_end() }' "${files[@]}" | lint_finish
