#!/usr/bin/env bash
# What the scripts that run Node's tests have in common. To be sourced.
set -euo pipefail
node_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The program to test: LIVENESSD_BINARY, else one that was built.
livenessd_binary() {
    local file
    for file in "${LIVENESSD_BINARY:-}" "$node_root"/build/{asan,dev,release}/livenessd; do
        if [ -n "$file" ] && [ -x "$file" ]; then
            realpath "$file"
            return
        fi
    done
    echo "no livenessd built: cmake --preset dev && cmake --build --preset dev" >&2
    return 1
}

# Installs what the folder's lock names, once. Where that cannot be, its tests are skipped.
need_node_modules() { # FOLDER
    local lock=$1/package-lock.json installed=$1/node_modules/.installed
    command -v npm >/dev/null || "$node_root/deploy/packages.sh" install node || skip_for_want_of "$lock"
    cmp -s "$lock" "$installed" && return
    # npm of Debian and of others warn about each other's settings
    npm --prefix "$1" ci --loglevel=error || skip_for_want_of "$lock"
    cp "$lock" "$installed"
}

skip_for_want_of() { # LOCK
    echo "npm cannot install what is in ${1#"$node_root"/}"
    exit 77
}
