#!/usr/bin/env bash
# clang-tidy over server/ and the test harness. A file that was clean is not looked at again until it,
# a header it includes, its compile command or the rules change.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

folder=$(lint_build_folder)
cache=${LINT_CACHE:-build/lint-cache}
mkdir -p "$cache"
rules=$({ clang-tidy --version && cat .clang-tidy; } | sha256sum)

# One line a file: FILE <tab> compile command without output, compiler and path of the checkout
commands() {
    jq -r '.[] | [.file, .command] | @tsv' "$folder/compile_commands.json" |
        sed "s#$root/##g" | grep -E '^(server|tests/support)/' |
        sed -E 's/\t([^ ]*ccache )?[^ ]+ /\t/; s/ -ffile-prefix-map=[^ ]+//; s/ -o [^ ]+ -c [^ ]+$//' |
        sort -u
}

# Files that were added after the folder was configured would be passed over in silence.
unknown_files() {
    comm -23 <(lint_files 'server/*.c' | sort) <(commands | cut -f1 | sort) |
        sed "s#\$#:1: not in $folder/compile_commands.json: configure again#"
}

hash_of() { # FILE COMMAND
    local headers words
    read -ra words <<<"$2"
    headers=$(clang -MM "${words[@]}" "$1" 2>/dev/null | sed 's/^[^:]*://; s/\\$//' | tr -s ' \n' '\n' |
        sed "s#^$root/##" | sed '/^$/d' | sort -u) || return 0
    {
        printf '%s\n%s\n' "$rules" "$2"
        # shellcheck disable=SC2086 # a list of names without spaces
        sha256sum $headers
    } | sha256sum | cut -d' ' -f1
}

# Prints what clang-tidy finds in one file; remembers it when that is nothing. A clang-tidy that ends
# badly without a finding (a crash, a full disk) has found nothing out.
check() { # FILE COMMAND
    local hash found status=0
    hash=$(hash_of "$1" "$2")
    [ -z "$hash" ] || [ ! -e "$cache/$hash" ] || return 0
    found=$(clang-tidy --quiet -p "$folder" "$1" 2>/dev/null) || status=$?
    if printf '%s' "$found" | sed "s#$root/##g" | grep -E '(warning|error):'; then
        return 0
    fi
    [ "$status" -eq 0 ] || {
        echo "$1:1: clang-tidy ended with $status"
        return 0
    }
    [ -z "$hash" ] || : >"$cache/$hash"
}

export -f hash_of check
export root cache folder rules
find "$cache" -type f -mtime +30 -delete
{
    unknown_files
    # shellcheck disable=SC2016 # expanded by the inner shell
    commands | tr '\t' '\n' | xargs -r -d '\n' -n 2 -P "$(nproc)" bash -c 'check "$1" "$2"' check
} | sort -u | lint_finish
