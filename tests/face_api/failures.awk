#!/usr/bin/awk -f
# Of a TAP stream: each failed test with its error, and what was said beside the tests.
/^ *not ok / { open = 1; stack = 0; print; next }
open && /^ *\.\.\.$/ { open = 0; next }
open && /^ *stack:/ { stack = 1 }
open && (stack || /^ *(location|failureType|type|duration_ms):/ || /^ *---$/) { next }
open { print; next }
/^ *# (Subtest:|(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [0-9.]+$)/ { next }
/^ *#/ || !/^ *(ok|---|\.\.\.|TAP version|[0-9]+\.\.|[a-zA-Z_]+:)/ { print }
