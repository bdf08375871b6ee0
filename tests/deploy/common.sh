# shellcheck shell=bash
# What the tests of deploy/ share: failing and skipping by name, rendering manifests, playing a device.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/deploy
export LC_ALL=C.UTF-8

fail() { # WHY
    echo "failed: $1" >&2
    exit 1
}

# The last line tells why; tests/run.sh shows it.
skip() { # WHY
    echo "$1"
    exit 77
}

# Programs that other packages may have brought: asked for only when they are not there.
need() { # COMMAND GROUP
    command -v "$1" >/dev/null || "$root/deploy/packages.sh" install "$2"
}

need_node_modules() {
    need npm node
    cmp -s "$here/package-lock.json" "$here/node_modules/.installed" && return
    # npm of Debian and of others warn about each other's settings
    npm --prefix "$here" ci --loglevel=error || return
    cp "$here/package-lock.json" "$here/node_modules/.installed"
}

# The program to test: one that tests/run.sh or deploy/run.sh built.
binary() {
    local file
    for file in "${LIVENESSD_BINARY:-}" "$root"/build/{dev,release}/livenessd; do
        if [ -n "$file" ] && [ -x "$file" ]; then
            echo "$file"
            return
        fi
    done
    fail "no livenessd built: cmake --preset release && cmake --build --preset release"
}

# kubectl before 1.21 knows the older names only.
render() { # OVERLAY
    need kubectl kubectl
    kubectl kustomize "$root/deploy/kubernetes/overlays/$1" 2>/dev/null && return
    local old
    old=$(mktemp -d)
    cp -r "$root/deploy/kubernetes/." "$old"
    sed -i -e 's!^resources:$!bases: [../../base]\nresources:!; /- \.\.\/\.\.\/base/d' \
        -e 's/^patches:/patchesStrategicMerge:/; s/^  - path: /  - /' "$old"/overlays/*/kustomization.yaml
    kubectl kustomize "$old/overlays/$1"
    rm -rf "$old"
}

overlays() {
    ls "$root/deploy/kubernetes/overlays"
}

free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# Until the command succeeds, 20 s at most.
await() { # WHAT COMMAND…
    local what=$1 deadline=$((SECONDS + 20))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for $what"
        sleep 0.02
    done
}

is_ready() { # ADMIN
    curl -fsS --max-time 2 -o /dev/null "http://$1/readyz"
}

# Creates a session; $session is its id, $bearer the device's token. The rest are headers for curl.
create_session() { # HTTP HEADER…
    local http=$1 header headers=() answer
    shift
    for header in "$@"; do
        headers+=(-H "$header")
    done
    answer=$(curl -fsS "http://$http/api/detectLiveness-sessions" -H 'Content-Type: application/json' \
        "${headers[@]}" -d '{"livenessOperationMode":"Passive"}')
    session=$(jq -er .sessionId <<<"$answer")
    bearer="Authorization: Bearer $(jq -er .authToken <<<"$answer")"
}

# Plays the device of $session and completes it; fails unless the verdict is live and accepted.
complete_session() { # HTTP EMULATOR HEADER
    local face=http://$2/face/v1.2 result verdict
    curl -fsS -o /dev/null -X POST "$face/session/start" -H "$bearer"
    result=$(curl -fsS "$face/detectLiveness/singleModal" -H "$bearer" -H 'Content-Type: application/json' -d '{}')
    curl -fsS -o /dev/null -X POST "$face/session/attempt/end" -H "$bearer"
    verdict=$(curl -fsS "http://$1/api/detectLiveness-sessions/$session/completion" -H "$3" \
        -H 'Content-Type: application/json' -d "$(jq '{digest}' <<<"$result")")
    jq -e '.verdict.decision == "live" and .verdict.accepted' <<<"$verdict" >/dev/null || fail "no live verdict"
}
