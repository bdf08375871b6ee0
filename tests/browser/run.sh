#!/usr/bin/env bash
# The demo page, and pages of other origins, in a headless Chromium; Node's test runner.
#   tests/browser/run.sh [FILE…]   LIVENESSD_BINARY names the program; COUNTS a file that gets "passed failed";
#                                  CHROMIUM another browser than Debian's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || {
    echo "there is no chromium"
    exit 77
}
# shellcheck source=tests/support/node.sh
. "$here/../support/node.sh"
need_node_modules "$here"
[ "$#" -gt 0 ] || set -- "$here"/*.test.mjs
# browsers are slow on a machine that does other things too
MOST_SECONDS=600 exec "$here/../face_api/run.sh" "$@"
