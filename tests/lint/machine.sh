#!/usr/bin/env bash
# Nothing that is committed names a folder of somebody's machine or a package registry of somebody's
# network.
# shellcheck source=tests/lint/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The hosts this machine gets its packages from; the ones that everybody knows are no secret.
registry_hosts() {
    {
        cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true
        cat "${HOME:-/nonexistent}/.npmrc" /etc/npmrc 2>/dev/null || true
        env | grep -iE '^(npm_config_registry|pip_index_url|goproxy)=' || true
    } | grep -oE 'https?://[^/ "]+' | sed -E 's!https?://([^@]*@)?!!; s/:[0-9]+$//' | sort -u |
        grep -vxE '(deb|security|ftp)\.debian\.org|registry\.npmjs\.org|(www\.)?debian\.org|localhost|127\.0\.0\.1' |
        sed 's/\./\\./g' || true
}

mapfile -t files < <(lint_files .)
[ "${#files[@]}" -gt 0 ] || exit 0
hosts=$(registry_hosts | paste -sd'|')
# the brackets keep this line from finding itself
paths='(^|[^A-Za-z0-9_.$}~-])/(wor[k]|roo[t]|hom[e])/[A-Za-z0-9_.]'
{
    grep -HInE "$paths" "${files[@]}" | sed -E 's/^([^:]*:[0-9]+):/\1: path of a machine: /' || true
    [ -z "$hosts" ] ||
        grep -HInE "$hosts" "${files[@]}" | sed -E 's/^([^:]*:[0-9]+):/\1: package registry: /' || true
} | lint_finish
