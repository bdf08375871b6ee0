#!/usr/bin/awk -f
# Of a TAP stream: each failed test with its error and where it stands, and what is no TAP when nothing is.
/^ *not ok / { shown = 1; open = 1; inside = 0; any = 1; print; next }
open && /^ *\.\.\.$/ { open = 0; next }
open && /^ *(location|failureType|type|duration_ms):|^ *---$/ { next }
open && /^ *stack:/ { inside = 1; next }
open && inside { next }
open { print }
!/^ *(#|ok|not ok|---|\.\.\.|TAP|[0-9]+\.\.)/ && !/^ +[a-z_]+:/ { rest[++count] = $0 }
END { if (!any) for (i = 1; i <= count; i++) print rest[i] }
