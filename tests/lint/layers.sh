#!/usr/bin/env bash
# Includes go one way between the folders of server/, and each foreign library has one folder or file
# that may include it.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# FOLDER: the folders it may include from, besides itself
declare -A allowed=(
    [base]=''
    [config]='base'
    [http]='base'
    [upstream]='base'
    [redis]='base'
    [store]='redis base'
    [domain]='store/store.h base'
    [lifecycle]='domain upstream store base'
    [web]='base'
    [routes]='web http lifecycle domain upstream store base'
    [emulator]='http base'
)

# HEADER PREFIX: patterns of the files that may include it
declare -A owners=(
    ['h2o']='server/http/*'
    ['curl/']='server/upstream/*'
    ['jwt.h']='server/base/jwt*'
    ['cjson/']='server/base/json*'
    ['hiredis/']='server/redis/* server/store/*redis*'
    ['openssl/']='server/base/* server/config/key* server/redis/tls*'
    ['sqlite3.h']='server/store/*'
    ['yaml.h']='server/config/*'
    ['Judy.h']='server/domain/limiter.c'
)

check_project() { # FILE LINE HEADER
    local folder=${1#server/} target=$3 word
    case $folder in
    */*) folder=${folder%%/*} ;;
    *) return 0 ;; # main and app own everything
    esac
    if [ -z "${allowed[$folder]+known}" ]; then
        echo "$1:$2: server/$folder has no include rule in tests/lint/layers.sh"
        return 0
    fi
    case $target in
    */*) ;;
    *)
        echo "$1:$2: include \"folder/$target\", not \"$target\""
        return 0
        ;;
    esac
    for word in "$folder" ${allowed[$folder]}; do
        case $target in
        "$word" | "$word"/*) return 0 ;;
        esac
    done
    echo "$1:$2: server/$folder may not include \"$target\" (it may: $folder ${allowed[$folder]})"
}

check_foreign() { # FILE LINE HEADER
    local prefix pattern patterns
    for prefix in "${!owners[@]}"; do
        [[ $3 == "$prefix"* ]] || continue
        read -ra patterns <<<"${owners[$prefix]}"
        for pattern in "${patterns[@]}"; do
            # shellcheck disable=SC2053 # the right side is a pattern
            [[ $1 != $pattern ]] || return 0
        done
        echo "$1:$2: only ${owners[$prefix]} may include <$3>"
    done
}

mapfile -t files < <(lint_files 'server/*.c' 'server/*.h')
[ "${#files[@]}" -gt 0 ] || exit 0
grep -HnE '^[[:space:]]*#[[:space:]]*include' "${files[@]}" |
    while IFS=: read -r file line text; do
        case $text in
        *\"*\"*)
            header=${text#*\"}
            check_project "$file" "$line" "${header%%\"*}"
            ;;
        *\<*\>*)
            header=${text#*<}
            check_foreign "$file" "$line" "${header%%>*}"
            ;;
        esac
    done | lint_finish
