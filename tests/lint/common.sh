# shellcheck shell=bash
# What every lint starts from. A lint prints file:line: what is wrong, and exits 1 when it printed
# something. LINT_ROOT is another tree to look at (the lints' own tests use it).
set -euo pipefail
lint_home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${LINT_ROOT:-$(cd "$lint_home/../.." && pwd)}
cd "$root"
export LC_ALL=C.UTF-8

# Files that git knows or would add, as far as they exist: lint_files PATHSPEC…
# (safe.directory: a checkout may belong to somebody else than who tests it)
lint_files() {
    local file
    git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" |
        sort -u | while IFS= read -r file; do
        [ ! -f "$file" ] || printf '%s\n' "$file"
    done
}

# Ends the lint: reads findings from standard input, shows them, fails when there are any.
lint_finish() {
    local findings
    findings=$(cat)
    [ -z "$findings" ] || {
        printf '%s\n' "$findings"
        exit 1
    }
}

# A build folder with compile_commands.json, clang's rather than gcc's; nothing when there is none.
lint_build_folder() {
    local folder
    for folder in ${LINT_BUILD:-build/asan build/dev}; do
        if [ -f "$folder/compile_commands.json" ]; then
            printf '%s\n' "$folder"
            return
        fi
    done
    echo "no compile_commands.json: run cmake --preset asan first" >&2
    exit 1
}
