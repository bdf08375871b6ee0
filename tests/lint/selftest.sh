#!/usr/bin/env bash
# Each lint can fail: a clean little tree passes, and one bad thing put into it is found, with its file
# and line.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$home/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# write FILE: the text comes from standard input
write() {
    mkdir -p "$tree/$(dirname "$1")"
    cat >"$tree/$1"
}

clean_tree() {
    rm -rf "${tree:?}"/* "$tree"/.[!.]*
    git -C "$tree" init -q
    cp "$top/.clang-format" "$top/.clang-tidy" "$tree/"
    write server/base/thing.h <<'C'
/* A thing. */
#pragma once

#include <stddef.h>

size_t thing_size(const char *text);
C
    write server/base/thing.c <<'C'
/* strcpy( in a comment and "time(" in a text are no calls. */
#include "base/thing.h"

#include <string.h>

size_t thing_size(const char *text)
{
    return strlen(text) + strlen("time(");
}
C
    write server/domain/rule.c <<'C'
/* A rule. */
#include "base/thing.h"
#include "store/store.h"

#include <stddef.h>
C
    write server/store/store.h <<'C'
/* A store. */
#pragma once
C
    write deploy/do.sh <<'C'
#!/usr/bin/env bash
set -euo pipefail
echo "${1:-nothing}"
C
    chmod +x "$tree/deploy/do.sh"
    compile_commands
}

# What cmake would write for the .c files of the tree.
compile_commands() {
    mkdir -p "$tree/build/asan"
    local file entries=()
    for file in "$tree"/server/*/*.c; do
        entries+=("{\"directory\": \"$tree/build/asan\", \"file\": \"$file\",
            \"command\": \"clang -std=gnu17 -I$tree/server -o x.o -c $file\"}")
    done
    (IFS=, && echo "[${entries[*]}]") >"$tree/build/asan/compile_commands.json"
    echo /build/ >"$tree/.gitignore"
}

lint() {
    LINT_ROOT=$tree LINT_CACHE=$tree/build/cache "$home/$1.sh" 2>&1
}

passes() { # LINT
    local found
    if ! found=$(lint "$1"); then
        printf 'tests/lint/%s.sh:1: fails on a clean tree: %s\n' "$1" "$found"
        failures=$((failures + 1))
    fi
}

finds() { # LINT FILE:LINE
    local found
    if found=$(lint "$1"); then
        echo "tests/lint/$1.sh:1: does not find $2"
    elif ! grep -qF "$2" <<<"$found"; then
        printf 'tests/lint/%s.sh:1: fails without naming %s: %s\n' "$1" "$2" "$found"
    else
        return 0
    fi
    failures=$((failures + 1))
}

every=(format layers includes banned sizes machine scripts spelling cppcheck tidy)
clean_tree
for name in "${every[@]}"; do passes "$name"; done

printf 'int  x ;\n' >>"$tree/server/base/thing.c"
finds format server/base/thing.c:10

clean_tree
write server/base/up.c <<<'#include "domain/rule.h"'
finds layers server/base/up.c:1
write server/base/up.c <<<'#include <h2o.h>'
finds layers server/base/up.c:1
write server/domain/deep.c <<<'#include "store/store_sqlite.h"'
finds layers server/domain/deep.c:1
write server/elsewhere/new.c <<<'#include "base/thing.h"'
finds layers server/elsewhere/new.c:1

clean_tree
printf '#include <string.h>\n#include "base/thing.h"\n' | write server/base/thing.c
finds includes server/base/thing.c:1
printf '#include <string.h>\n#include <stddef.h>\n' | write server/base/other.c
finds includes server/base/other.c:2

clean_tree
printf 'void f(void)\n{\n    strcpy(a, b);\n}\n' | write server/base/bad.c
finds banned server/base/bad.c:3
clean_tree
printf 'long f(void)\n{\n    return time(NULL);\n}\n' | write server/http/bad.c
finds banned server/http/bad.c:3

clean_tree
{
    printf 'void f(void)\n{\n'
    printf '    g();%.0s\n' {1..60}
    printf '}\n'
} | write server/base/long.c
finds sizes server/base/long.c:2
printf '/* . */%.0s\n' {1..500} | write server/base/long.c
finds sizes server/base/long.c:500

clean_tree
printf 'see /%s/me/notes\n' home | write README.md
finds machine README.md:1

clean_tree
# shellcheck disable=SC2016 # the sample's own text
printf '#!/usr/bin/env bash\nset -euo pipefail\nrm $1\n' | write deploy/do.sh
finds scripts deploy/do.sh:3
printf '#!/usr/bin/env bash\necho\n' | write deploy/do.sh
finds scripts deploy/do.sh:1

clean_tree
printf 'This is %s readme.\n' 't''eh' | write README.md
finds spelling README.md:1

clean_tree
printf 'int f(void);\nint f(void)\n{\n    int a[2] = {0, 0};\n    return a[2];\n}\n' |
    write server/base/bad.c
compile_commands
finds cppcheck server/base/bad.c:5
clean_tree
printf 'int f(int a);\nint f(int a)\n{\n    if (a)\n        return 1;\n    else\n        return 2;\n}\n' |
    write server/base/bad.c
compile_commands
finds tidy server/base/bad.c:6
clean_tree
write server/base/new.c <<<'#include "base/thing.h"'
finds tidy server/base/new.c:1
clean_tree
mkdir "$tree/build/bin"
# shellcheck disable=SC2016 # the stub's own text
printf '#!/bin/sh\n[ "$1" = --version ] || exit 139\n' >"$tree/build/bin/clang-tidy"
chmod +x "$tree/build/bin/clang-tidy"
PATH=$tree/build/bin:$PATH finds tidy 'server/base/thing.c:1: clang-tidy ended with 139'

[ "$failures" -eq 0 ]
