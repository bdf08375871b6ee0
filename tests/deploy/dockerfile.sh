#!/usr/bin/env bash
# The Dockerfile: linted, and of the version that the program says it is.
# shellcheck source=tests/deploy/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_node_modules || skip "npm cannot install what is in tests/deploy/package-lock.json"
"$here/node_modules/.bin/dockerfilelint" -c "$here" "$root/deploy/Dockerfile"
grep -qx "ARG VERSION=$("$(binary)" version | sed 's/.* //')" "$root/deploy/Dockerfile" ||
    fail "ARG VERSION of the Dockerfile is not the program's"
