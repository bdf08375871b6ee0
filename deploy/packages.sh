#!/usr/bin/env bash
# The one list of Debian 12 packages, in groups, and the one place that installs them.
#   deploy/packages.sh list GROUP…      prints the names
#   deploy/packages.sh install GROUP…   installs what is missing; asks apt for nothing when all is there
# Groups: run (the program), build (to compile it), try (to play with it by hand), test (tests/run.sh), bench
# (tests/bench/run.sh), image (tests/deploy/image.sh); node and kubectl for tests, where nothing else brought them.
set -euo pipefail

run=(
    ca-certificates libh2o-evloop0.13 libcurl4 libcjson1 libhiredis0.14 libjwt0 libssl3 libuv1 libsqlite3-0
    libyaml-0-2 libjudydebian1
)
build=(
    gcc libc6-dev cmake ninja-build pkg-config libh2o-evloop-dev libcurl4-openssl-dev libcjson-dev
    libhiredis-dev libjwt-dev libssl-dev libuv1-dev libsqlite3-dev libyaml-dev libjudy-dev
    uthash-dev
)
try=(curl jq)
test=(
    git ccache clang libclang-rt-14-dev llvm libcriterion-dev clang-format clang-tidy cppcheck
    shellcheck codespell prometheus curl jq sqlite3 nginx redis-server redis-tools openssl yamllint
    python3-jwt python3-cryptography chromium
)
bench=(wrk)
image=(mmdebstrap buildah podman runc)
node=(nodejs npm)
kubectl=(kubernetes-client)

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

names_of() {
    local group
    for group in "$@"; do
        case $group in
        run) printf '%s\n' "${run[@]}" ;;
        build) printf '%s\n' "${build[@]}" ;;
        try) printf '%s\n' "${try[@]}" ;;
        test) printf '%s\n' "${test[@]}" ;;
        bench) printf '%s\n' "${bench[@]}" ;;
        image) printf '%s\n' "${image[@]}" ;;
        node) printf '%s\n' "${node[@]}" ;;
        kubectl) printf '%s\n' "${kubectl[@]}" ;;
        *) usage ;;
        esac
    done | sort -u
}

# A package whose work somebody did by hand (a cmake of one's own) is still asked for: the list says
# what is tested.
missing_of() {
    local name
    names_of "$@" | while read -r name; do
        if ! dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed; then
            printf '%s\n' "$name"
        fi
    done
}

install_missing() {
    local missing as_root=()
    mapfile -t missing < <(missing_of "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "$0: this is no Debian system; please install the counterparts of: ${missing[*]}" >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "$0: missing packages, and neither root nor sudo to install them. As root, run:" >&2
            echo "    apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "installing: ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

[ "$#" -ge 2 ] || usage
verb=$1
shift
names_of "$@" >/dev/null
case $verb in
list) names_of "$@" ;;
install) install_missing "$@" ;;
*) usage ;;
esac
