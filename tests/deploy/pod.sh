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
declare -A pods=() http_of=() admin_of=()
clean_up() {
    [ "$?" -eq 0 ] || tail -n 8 "$folder"/*.out >&2 2>/dev/null || true
    kill "${pids[@]}" "${pods[@]}" 2>/dev/null || true
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
    # without a volume there, nothing but /tmp could be written, and in a cluster not even that
    chown 0:0 "$base/root/var/lib/livenessd"
    cp -a "$base/mounts/." "$base/root"
    [ ! -d "$base/mounts/var/lib/livenessd" ] || chown "$uid:$uid" "$base/root/var/lib/livenessd"
    if [ -d "$base/mounts/run/secrets/keys" ]; then
        "$folder/image/usr/bin/livenessd" keygen --dir "$base/keys" >/dev/null
        mount_secret "$base/root/run/secrets/keys" "$base"/keys/*
        printf 'key-of-the-resource\n' >"$base/face.key"
        mount_secret "$base/root/run/secrets/face" "$base/face.key"
    fi
    if [ -d "$base/mounts/run/secrets/redis" ]; then
        mount_secret "$base/root/run/secrets/redis" "$folder"/redis/{redis.url,ca.pem}
        cat "$folder/redis/ca.pem" >>"$base/root/etc/ssl/certs/ca-certificates.crt"
    fi
    chmod -R a-w "$base/root/etc"
}

# A Redis as it should be: over TLS with a certificate of an authority that the image knows, a user who may
# only do what livenessd does, every write on the disk before it is answered.
start_redis() {
    local base=$folder/redis port password=a-password-of-redis
    port=$(free_port)
    mkdir "$base"
    openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$base/redis.key" -out "$base/ca.pem" 2>/dev/null
    cat >"$base/redis.conf" <<TEXT
bind 127.0.0.1
port 0
tls-port $port
tls-cert-file $base/ca.pem
tls-key-file $base/redis.key
tls-ca-cert-file $base/ca.pem
tls-auth-clients no
dir $base
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
user default off
user livenessd on >$password ~livenessd:* &livenessd:* +@all -@admin -@dangerous +info +config|get
TEXT
    printf 'rediss://livenessd:%s@127.0.0.1:%s\n' "$password" "$port" >"$base/redis.url"
    redis-server "$base/redis.conf" >"$base/out" 2>&1 &
    pids+=($!)
    await Redis grep 'Ready to accept connections' "$base/out"
}

# Starts an emulator that takes this key, or any when there is none; $emulator is where it listens.
start_emulator() { # [KEY]
    local out=$folder/emulator${#pids[@]}.out
    LIVENESSD_EMULATOR_KEY=${1:-} "$folder/image/usr/bin/livenessd" emulate --listen 127.0.0.1:0 >"$out" 2>&1 &
    pids+=($!)
    await "the emulator" grep '"event":"ready"' "$out"
    emulator=$(sed -n 's/.*"ready".*"emulator":"\([^"]*\)".*/\1/p' "$out")
}

# Starts the pod's program with what only a cluster has replaced; $admin and $http are where it listens.
start() { # NAME OVERLAY SETTING…
    local name=$1 overlay=$2 setting sets=()
    local out=$folder/$name.out
    shift 2
    for setting in "$@"; do
        sets+=(--set "$setting")
    done
    mapfile -t arguments <"$folder/$overlay/args"
    (in_pod "$overlay" "${arguments[@]}" --set http.listen=0.0.0.0:0 --set admin.listen=0.0.0.0:0 \
        "${sets[@]}") >"$out" 2>&1 &
    pods[$name]=$!
    await "the pod $name" grep '"event":"ready"' "$out"
    http=127.0.0.1:$(sed -n 's/.*"ready".*"http":"[^"]*:\([0-9]*\)".*/\1/p' "$out")
    admin=127.0.0.1:$(sed -n 's/.*"ready".*"admin":"[^"]*:\([0-9]*\)".*/\1/p' "$out")
    http_of[$name]=$http
    admin_of[$name]=$admin
    await "$name to be ready" is_ready "$admin"
}

stop() { # NAME
    local code=0
    kill -TERM "${pods[$1]}"
    wait "${pods[$1]}" || code=$?
    unset "pods[$1]"
    [ "$code" -eq 0 ] || fail "$1 ended with $code"
}

vanish() { # NAME: as a pod does whose node goes
    kill -KILL "${pods[$1]}"
    wait "${pods[$1]}" 2>/dev/null || true
    unset "pods[$1]"
}

"$root/deploy/image_root.sh" "$(binary)" "$folder/image"
[ -z "$(find "$folder/image" -type f -path '*/bin/*' ! -name livenessd)" ] || fail "other programs in the image"
start_redis
for overlay in $(overlays); do
    lay_out "$overlay"
    mapfile -t arguments <"$folder/$overlay/args"
    # the settings as they are, before anything of them is replaced
    (in_pod "$overlay" check "${arguments[@]:1}") || fail "the settings of $overlay are not valid"
done

token=a-token-of-the-web-frontend
owner="Ocp-Apim-Subscription-Key: $token"
start_emulator key-of-the-resource
real=("upstream.endpoint=http://$emulator"
    "auth.app_tokens=web:$(printf %s "$token" | sha256sum | cut -d' ' -f1)")

start single single "${real[@]}"
status=$(curl -sS -o /dev/null -w '%{http_code}' "http://$http/api/detectLiveness-sessions" \
    -H 'Content-Type: application/json' -d '{"livenessOperationMode":"Passive"}')
[ "$status" = 401 ] || fail "without a token the answer is $status"
create_session "$http" "$owner"
complete_session "$http" "$emulator" "$owner"
stop single

# What one replica made the other completes; when one is gone the other is still ready and knows all; a new
# one, which is told whose certificates to trust, knows it as well. Nothing is left in a pod.
start one replicated "${real[@]}"
start other replicated "${real[@]}"
create_session "${http_of[one]}" "$owner"
complete_session "${http_of[other]}" "$emulator" "$owner"
create_session "${http_of[one]}" "$owner"
vanish one
is_ready "${admin_of[other]}" || fail "one replica's end takes the other along"
complete_session "${http_of[other]}" "$emulator" "$owner"
start third replicated "${real[@]}" store.redis_ca_file=/run/secrets/redis/ca.pem
curl -fsS "http://$http/api/detectLiveness-sessions/$session" -H "$owner" |
    jq -e '.verdict.decision == "live"' >/dev/null || fail "a new replica does not know the verdict"
! grep -hE '"level":"(warn|error)"' "$folder"/{one,other,third}.out || fail "a replica is not content"
[ -z "$(find "$folder/replicated/root" -user "$uid")" ] || fail "a replica wrote into its pod"
stop other
stop third

start_emulator
start emulator emulator "upstream.endpoint=http://$emulator"
answered=$folder/headers
device=$(curl -fsS -o /dev/null -D "$answered" -X POST "http://$http/api/devices" &&
    sed -n 's/^x-device-token: \([^[:space:]]*\).*/X-Device-Token: \1/Ip' "$answered")
create_session "$http" "$device"
complete_session "$http" "$emulator" "$device"
stop emulator
