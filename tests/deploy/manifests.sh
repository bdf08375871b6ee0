#!/usr/bin/env bash
# The Kubernetes manifests: tidy YAML, rendered whole, of the right types, and as restricted as they claim.
# shellcheck source=tests/deploy/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need yamllint test
need_node_modules || skip "npm cannot install what is in tests/deploy/package-lock.json"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
yamllint --strict -c "$here/yamllint.yaml" "$root/deploy/kubernetes"
for overlay in $(overlays); do
    render "$overlay" >"$folder/$overlay.yaml"
    yamllint --strict -d \
        '{extends: default, rules: {line-length: disable, document-start: disable, indentation: disable}}' \
        "$folder/$overlay.yaml"
done
version=$(sed -n 's/^project(livenessd VERSION \([^ ]*\).*/\1/p' "$root/CMakeLists.txt")
node "$here/manifests.mjs" "$version" "$folder"/*.yaml
