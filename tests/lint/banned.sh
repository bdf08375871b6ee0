#!/usr/bin/env bash
# Functions that have no place here: unbounded, racy, or replaced by something of base/. The names
# count as calls only, outside comments and texts.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# everywhere: what to use instead stands in base/ (buf, json, random, clock)
everywhere='sprintf|vsprintf|strcpy|stpcpy|strcat|strtok|gets|atoi|atol|atoll|atof|alloca|rand|random|srand|system|popen|localtime|gmtime|ctime|asctime|tmpnam|mktemp|tempnam|sleep|usleep|nanosleep|select'
# outside base/ and the settings' number reader, which check what these do not
raw_numbers='strtol|strtoul|strtoll|strtoull|strtod|strtof|sscanf|fscanf|scanf'
# outside base/: xcalloc, xrealloc, xstrdup and the injected clock
outside_base='malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|vasprintf|time|gettimeofday|clock_gettime'

call() { # NAMES: an expression for a call of one of them, not of a member or a longer name
    printf '(^|[^A-Za-z0-9_.>])(%s)[[:space:]]*\\(' "$1"
}

stripped() {
    awk -f "$lint_home/strip.awk" "$@"
}

search() { # NAMES ADVICE FILES…
    local names=$1 advice=$2
    shift 2
    [ "$#" -gt 0 ] || return 0
    stripped "$@" | { grep -E "^[^:]*:[0-9]+:.*$(call "$names" | sed 's/(^|/(/')" || true; } |
        sed -E "s#^([^:]*:[0-9]+):.*[^A-Za-z0-9_.>]($names)[[:space:]]*\(.*#\1: \2() $advice#"
}

mapfile -t all < <(lint_files '*.c' '*.h' | grep -E '^(server|tests)/')
mapfile -t unchecked < <(lint_files 'server/*.c' 'server/*.h' |
    grep -vE '^server/(base/|config/settings_number)')
mapfile -t outside < <(lint_files 'server/*.c' 'server/*.h' | grep -v '^server/base/')
{
    search "$everywhere" 'is banned' "${all[@]}"
    search "$raw_numbers" 'reads numbers unchecked' "${unchecked[@]}"
    search "$outside_base" 'belongs to base/' "${outside[@]}"
} | lint_finish
