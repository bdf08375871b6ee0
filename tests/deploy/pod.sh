#!/usr/bin/env bash
# What a pod of each overlay would run, run: the image's root file system, the rendered settings, arguments
# and environment, secrets laid out and owned as the kubelet does it, user 65532. Sessions through it.
# shellcheck source=tests/deploy/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "$(id -u)" -eq 0 ] || skip "only root can become the user of the image"
need_node_modules || skip "npm cannot install what is in tests/deploy/package-lock.json"
uid=65532

folder=$(mktemp -d)
pids=()
clean_up() {
    [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap clean_up EXIT

# Files as the kubelet mounts a secret: behind two links, root's, readable by fsGroup.
mount_secret() { # TARGET FILE…
    local target=$1 file
    shift
    install -d -o root -g "$uid" -m 2750 "$target" "$target/..2026_01_01"
    install -o root -g "$uid" -m 0440 "$@" "$target/..2026_01_01"
    ln -s ..2026_01_01 "$target/..data"
    for file in "$@"; do
        ln -s "..data/$(basename "$file")" "$target/$(basename "$file")"
    done
}

in_pod() { # OVERLAY ARGUMENT…
    local overlay=$1 environment
    shift
    mapfile -t environment <"$folder/$overlay/env"
    exec env -i LIVENESSD_HTTP_LISTEN=0.0.0.0:8080 LIVENESSD_ADMIN_LISTEN=0.0.0.0:8081 "${environment[@]}" \
        "$(command -v chroot)" --userspec="$uid:$uid" "$folder/$overlay/root" /usr/bin/livenessd "$@"
}

lay_out() { # OVERLAY
    local base=$folder/$1
    render "$1" >"$folder/$1.yaml"
    node "$here/pod_files.mjs" "$folder/$1.yaml" "$base"
    cp -a "$folder/image" "$base/root"
    cp -a "$base/mounts/." "$base/root"
    chown "$uid:$uid" "$base/root/var/lib/livenessd"
    if [ -d "$base/mounts/run/secrets/keys" ]; then
        "$folder/image/usr/bin/livenessd" keygen --dir "$base/keys" >/dev/null
        mount_secret "$base/root/run/secrets/keys" "$base"/keys/*
        printf 'key-of-the-resource\n' >"$base/face.key"
        mount_secret "$base/root/run/secrets/face" "$base/face.key"
    fi
    chmod -R a-w "$base/root/etc"
}

# Starts the pod's program with what only a cluster has replaced; $admin and $http are where it listens.
start() { # OVERLAY SETTING…
    local overlay=$1 setting sets=()
    shift
    for setting in "$@"; do
        sets+=(--set "$setting")
    done
    mapfile -t arguments <"$folder/$overlay/args"
    (in_pod "$overlay" "${arguments[@]}" --set http.listen=0.0.0.0:0 --set admin.listen=0.0.0.0:0 \
        "${sets[@]}") >"$folder/$overlay.out" 2>&1 &
    pids+=($!)
    await "the pod of $overlay" grep '"event":"ready"' "$folder/$overlay.out"
    http=127.0.0.1:$(sed -n 's/.*"ready".*"http":"[^"]*:\([0-9]*\)".*/\1/p' "$folder/$overlay.out")
    admin=127.0.0.1:$(sed -n 's/.*"ready".*"admin":"[^"]*:\([0-9]*\)".*/\1/p' "$folder/$overlay.out")
    is_ready "$admin" || fail "$overlay is not ready"
}

stop_last() {
    local code=0
    kill -TERM "${pids[-1]}"
    wait "${pids[-1]}" || code=$?
    unset 'pids[-1]'
    [ "$code" -eq 0 ] || fail "it ended with $code"
}

"$root/deploy/image_root.sh" "$(binary)" "$folder/image"
[ -z "$(find "$folder/image" -type f -path '*/bin/*' ! -name livenessd)" ] || fail "other programs in the image"
for overlay in $(overlays); do
    lay_out "$overlay"
    mapfile -t arguments <"$folder/$overlay/args"
    # the settings as they are, before anything of them is replaced
    (in_pod "$overlay" check "${arguments[@]:1}") || fail "the settings of $overlay are not valid"
done

emulator=127.0.0.1:$(free_port)
LIVENESSD_EMULATOR_KEY='key-of-the-resource' "$folder/image/usr/bin/livenessd" emulate --listen "$emulator" \
    >"$folder/emulator.out" 2>&1 &
pids+=($!)
await "the emulator" grep '"event":"ready"' "$folder/emulator.out"

token=a-token-of-the-web-frontend
start single "upstream.endpoint=http://$emulator" \
    "auth.app_tokens=web:$(printf %s "$token" | sha256sum | cut -d' ' -f1)"
status=$(curl -sS -o /dev/null -w '%{http_code}' "http://$http/api/detectLiveness-sessions" \
    -H 'Content-Type: application/json' -d '{"livenessOperationMode":"Passive"}')
[ "$status" = 401 ] || fail "without a token the answer is $status"
create_session "$http" "Ocp-Apim-Subscription-Key: $token"
complete_session "$http" "$emulator" "Ocp-Apim-Subscription-Key: $token"
stop_last

emulator=127.0.0.1:$(free_port)
"$folder/image/usr/bin/livenessd" emulate --listen "$emulator" >"$folder/emulator2.out" 2>&1 &
pids+=($!)
await "the emulator" grep '"event":"ready"' "$folder/emulator2.out"
start emulator "upstream.endpoint=http://$emulator"
answered=$folder/headers
device=$(curl -fsS -o /dev/null -D "$answered" -X POST "http://$http/api/devices" &&
    sed -n 's/^x-device-token: \([^[:space:]]*\).*/X-Device-Token: \1/Ip' "$answered")
create_session "$http" "$device"
complete_session "$http" "$emulator" "$device"
stop_last
