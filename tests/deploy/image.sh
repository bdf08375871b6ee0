#!/usr/bin/env bash
# Builds the container image from deploy/Dockerfile on a Debian 12 made here (no image registry is asked),
# and runs it as it should be run: no capabilities, read-only root, a memory limit. Takes minutes.
#   tests/deploy/image.sh, or tests/run.sh image
# shellcheck source=tests/deploy/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "$(id -u)" -eq 0 ] || skip "only root can make the base image"
"$root/deploy/packages.sh" install image || skip "mmdebstrap, buildah, podman and runc cannot be installed here"

folder=$(mktemp -d)
storage=(--root "$folder/storage" --runroot "$folder/run" --storage-driver vfs)
base=localhost/debian:12
image=localhost/livenessd:test
running=()
clean_up() {
    local name
    for name in "${running[@]}"; do
        podman_here rm --force --volumes --time 1 "$name" >/dev/null 2>&1 || true
    done
    rm -rf "$folder"
}
trap clean_up EXIT

podman_here() {
    podman "${storage[@]}" --runtime runc --cgroup-manager cgroupfs --events-backend file "$@"
}

# As it should be run; the network is the host's since none can be made everywhere.
confined=(--network host --read-only --cap-drop all --security-opt no-new-privileges --memory 64m
    --ulimit nofile=20000:20000 --ulimit nproc=4096:4096)

run_image() { # NAME OPTION… IMAGE ARGUMENT…
    local name=$1
    shift
    running+=("$name")
    podman_here run --detach --name "$name" "${confined[@]}" "$@" >/dev/null
}

# A Debian from the sources that this machine uses.
make_base() {
    local sources=() file container
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
        [ ! -s "$file" ] || sources+=("$file")
    done
    mmdebstrap --quiet --variant=apt bookworm "$folder/debian" "${sources[@]}" </dev/null || return
    container=$(buildah "${storage[@]}" from scratch) &&
        buildah "${storage[@]}" copy --quiet "$container" "$folder/debian" / &&
        buildah "${storage[@]}" commit --quiet "$container" "$base" &&
        buildah "${storage[@]}" rm "$container" || return
    rm -rf "$folder/debian"
}

make_base || skip "no Debian 12 can be made from this machine's package sources"
podman_here run --rm "${confined[@]}" "$base" /bin/true || skip "podman with runc cannot run a container here"

echo "building the image"
buildah "${storage[@]}" bud --isolation chroot --format docker --build-arg "BASE=$base" \
    --file "$root/deploy/Dockerfile" --tag "$image" "$root"

config() { # TEMPLATE
    podman_here image inspect --format "$1" "$image"
}
[ "$(config '{{.Config.User}}')" = 65532:65532 ] || fail "it runs as another user"
[ "$(config '{{.Config.StopSignal}}')" = SIGTERM ] || fail "another signal stops it"
[ "$(config '{{index .Config.Labels "org.opencontainers.image.title"}}')" = livenessd ] || fail "no labels"
size=$(config '{{.Size}}')
[ "$size" -lt 40000000 ] || fail "the image has $size bytes"

# The emulator beside, as a second container of the same image. Its healthcheck would ask for /readyz.
emulator=127.0.0.1:$(free_port)
run_image emulator --no-healthcheck --env LIVENESSD_EMULATOR_KEY=key-of-the-resource "$image" \
    emulate --listen "$emulator"
await "the emulator" curl -fsS "http://$emulator/emulator/clock"

# Secrets as an orchestrator mounts them: root's, readable by the group of the image's user.
secrets=$folder/secrets
mkdir -p "$secrets"
"$(binary)" keygen --dir "$secrets/keys" >/dev/null
printf 'key-of-the-resource\n' >"$secrets/face.key"
chown -R 0:65532 "$secrets"
chmod -R u=rX,g=rX,o= "$secrets"
token=a-token-of-the-web-frontend
http=127.0.0.1:$(free_port)
admin=127.0.0.1:$(free_port)
run_server() {
    run_image livenessd --volume livenessd-data:/var/lib/livenessd --volume "$secrets:/run/secrets:ro" \
        --env "LIVENESSD_HTTP_LISTEN=0.0.0.0:${http#*:}" --env "LIVENESSD_ADMIN_LISTEN=0.0.0.0:${admin#*:}" \
        --env "LIVENESSD_UPSTREAM_ENDPOINT=http://$emulator" --env LIVENESSD_KEYS_DIR=/run/secrets/keys \
        --env LIVENESSD_UPSTREAM_KEY_FILE=/run/secrets/face.key --env LIVENESSD_AUTH_MODE=app_token \
        --env "LIVENESSD_AUTH_APP_TOKENS=web:$(printf %s "$token" | sha256sum | cut -d' ' -f1)" "$image"
    await "the server" is_ready "$admin"
}

# SIGTERM ends process 1 by itself: exit code 0, not the 137 of a kill.
stop_server() {
    podman_here stop --time 20 livenessd >/dev/null
    [ "$(podman_here inspect --format '{{.State.ExitCode}}' livenessd)" = 0 ] || fail "SIGTERM did not end it well"
}

start=$(date +%s%N)
run_server
ready_ms=$((($(date +%s%N) - start) / 1000000))
podman_here healthcheck run livenessd || fail "it is ready, and its healthcheck says no"
! podman_here exec livenessd /bin/sh -c true 2>/dev/null || fail "there is a shell in the image"
create_session "$http" "Ocp-Apim-Subscription-Key: $token"
complete_session "$http" "$emulator" "Ocp-Apim-Subscription-Key: $token"
stop_server

# What was settled is in the volume, not in the container.
podman_here rm livenessd >/dev/null
run_server
curl -fsS "http://$http/api/detectLiveness-sessions/$session" -H "Ocp-Apim-Subscription-Key: $token" |
    jq -e '.verdict.decision == "live"' >/dev/null || fail "the verdict is gone with the container"
stop_server
echo "note: image of $((size / 1000000)) MB, ready $ready_ms ms after podman run"
