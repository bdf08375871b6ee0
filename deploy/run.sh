#!/usr/bin/env bash
# Builds livenessd and runs it with the emulator inside, on 127.0.0.1, for trying things out.
#   deploy/run.sh [ARGUMENT…]   arguments go to `livenessd serve` and win over the ones given here,
#                               for example: deploy/run.sh --set http.listen=127.0.0.1:9080
# The store and its keys live in run/ of the checkout. Ctrl-C or SIGTERM stops it; the exit code is the
# daemon's.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$root/run

case ${1:-} in
-h | --help)
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac

build() {
    # ccache, where there is one, then knows a file again in any checkout
    export CCACHE_BASEDIR=$root
    echo "building build/release/livenessd" >&2
    (
        cd "$root"
        cmake --preset release --log-level=WARNING >/dev/null
        cmake --build --preset release --parallel "$(nproc)" -- --quiet
    ) >&2
}

# What to try next, with the addresses as bound: $1 public, $2 admin, $3 emulator.
what_next() {
    cat <<TEXT

livenessd is ready on http://$1 (admin http://$2, emulator http://$3). Ctrl-C stops it.

See a check in the browser: http://$1/demo/

Or paste this into another terminal, block by block (bash, curl, jq):

  # 1. create a session; the answer's X-Device-Token makes this terminal the owner
  headers=\$(mktemp)
  session=\$(curl -sS -D "\$headers" http://$1/api/detectLiveness-sessions \\
      -H 'Content-Type: application/json' -d '{"livenessOperationMode":"Passive"}')
  jq '.authToken |= .[0:12] + "…"' <<<"\$session"
  id=\$(jq -r .sessionId <<<"\$session")
  bearer="Authorization: Bearer \$(jq -r .authToken <<<"\$session")"
  device="X-Device-Token: \$(sed -n 's/^x-device-token: \\([^[:space:]]*\\).*/\\1/Ip' "\$headers")"

  # 2. play the device: the JSON says what the camera saw. {} is a real face. Try also
  #    saw='{"livenessDecision":"spoofface"}'  or  saw='{"error":"FaceWithMaskDetected"}'
  saw='{}'
  curl -sS -o /dev/null -X POST http://$3/face/v1.2/session/start -H "\$bearer"
  result=\$(curl -sS http://$3/face/v1.2/detectLiveness/singleModal -H "\$bearer" \\
      -H 'Content-Type: application/json' -d "\$saw")
  curl -sS -o /dev/null -X POST http://$3/face/v1.2/session/attempt/end -H "\$bearer"
  jq . <<<"\$result"

  # 3. tell livenessd that the check is over, with the digest the device got: the verdict comes back
  curl -sS http://$1/api/detectLiveness-sessions/\$id/completion -H "\$device" \\
      -H 'Content-Type: application/json' -d "\$(jq '{digest}' <<<"\$result")" | jq .verdict

  # 4. read it again, then delete the session here and upstream
  curl -sS http://$1/api/detectLiveness-sessions/\$id -H "\$device" | jq .
  curl -sS -X DELETE -w '%{http_code}\\n' http://$1/api/detectLiveness-sessions/\$id -H "\$device"

  # 5. what happened, in figures
  curl -sS http://$2/metrics | grep '^livenessd_' | grep -vE '_bucket|_(sum|count)|[ ]0$'

TEXT
}

address_of() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"
}

# Passes the daemon's output on and says what to try once it is ready. Ends when the daemon does.
show() {
    trap '' INT TERM
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line"
        if [[ $line == '{"event":"ready"'* ]]; then
            what_next "$(address_of http "$line")" "$(address_of admin "$line")" \
                "$(address_of emulator "$line")"
        fi
    done
}

"$root/deploy/packages.sh" install run build try
build
mkdir -p "$folder"
chmod 0700 "$folder"

# A real Face resource that the shell happens to know stays out of it.
unset FACE_ENDPOINT FACE_APIKEY FACE_KEY

exec 3> >(show)
reader=$!
# in a session of its own, Ctrl-C reaches it once, through the trap: a second signal would cut the
# drain short
setsid "$root/build/release/livenessd" serve --set upstream.emulator=true --set keys.generate=true \
    --set web.demo=true --set "store.path=$folder/livenessd.db" "$@" >&3 3>&- &
daemon=$!
exec 3>&-
trap 'kill -TERM "$daemon" 2>/dev/null || true' INT TERM

# wait returns early when a signal arrives: the daemon is then draining and has not ended yet
while kill -0 "$daemon" 2>/dev/null; do
    wait "$daemon" || true
done
code=0
wait "$daemon" || code=$?
wait "$reader" 2>/dev/null || true
exit "$code"
