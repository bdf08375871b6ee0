#!/usr/bin/env bash
# Order of includes: a .c file's own header first (it shows that the header stands alone), then the
# project's headers in "", then all others in <>, each group sorted. In a header the groups may stand
# the other way round. X-macro tables (…_table.h) stand where they are expanded, and what #if asks for
# stands where it may.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mapfile -t files < <(lint_files '*.c' '*.h')
[ "${#files[@]}" -gt 0 ] || exit 0

# shellcheck disable=SC2016 # an awk program
program='
function say(what) { print FILENAME ":" FNR ": " what }
FNR == 1 {
    n = 0; depth = 0; last_project = ""; last_system = ""; own = ""
    path = FILENAME
    if (sub(/\.c$/, ".h", path) && (getline probe < path) >= 0) { close(path); own = path }
    sub(/^(server|tests)\//, "", own)
}
/^[ \t]*#[ \t]*if/ { depth++ }
/^[ \t]*#[ \t]*endif/ { depth-- }
depth > 0 || /^[ \t]*#[ \t]*include[ \t]*"[^"]*_table\.h"/ { next }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    match($0, /"[^"]*"/); name = substr($0, RSTART + 1, RLENGTH - 2); n++
    if (n == 1 && own != "") {
        if (name != own) say("include \"" own "\" first")
        if (name == own) next
    } else if (name == own && own != "") say("include \"" own "\" first")
    if (last_system != "" && FILENAME ~ /\.c$/)
        say("\"" name "\" belongs before <" last_system ">")
    if (name < last_project) say("\"" name "\" belongs before \"" last_project "\"")
    last_project = name
    next
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    match($0, /<[^>]*>/); name = substr($0, RSTART + 1, RLENGTH - 2); n++
    if (n == 1 && own != "") say("include \"" own "\" first")
    if (name < last_system) say("<" name "> belongs before <" last_system ">")
    last_system = name
}'
LC_ALL=C awk "$program" "${files[@]}" | lint_finish
