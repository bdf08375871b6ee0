#!/usr/bin/env bash
# The official sample frontends as a server notices them: what each sends and all that it reads, against the
# server and the emulator. Harness and packages are those of tests/face_api.
#   tests/frontends/run.sh [FILE…]   with LIVENESSD_BINARY and COUNTS as there
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "$#" -gt 0 ] || set -- "$here"/*.test.mjs
exec "$here/../face_api/run.sh" "$@"
