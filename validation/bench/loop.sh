#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/loop.sh BUILD_DIR OUT_JSON: how soon the loop answers under full load.
#
# With real-time priority where that is allowed, so that other programs disturb few trials; those that
# had to wait for a processor are left out. Fails if SIGINT takes 5 ms, the 99th percentile of the
# timer is 2 ms, or fewer than 20 trials are left.
set -euo pipefail
build=$(cd "${1:?usage: loop.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: loop.sh BUILD_DIR OUT_JSON}
priority=()
if chrt --fifo 1 true 2>/dev/null; then
    priority=(chrt --fifo 1)
fi
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

for what in sigint timer; do
    "${priority[@]}" "$build/validation/bench/bench_loop" "$what" 150 | sed "s/^/$what /"
done >"$raw"

# columns: what, load, n, median, 99th percentile, most
awk -v out="$out" -v priority="${#priority[@]}" '
{ row[NR] = $0 }
END {
    printf "%-8s %-8s %6s %10s %10s %10s   us of wall time%s\n", "what", "load", "n", "median",
        "p99", "most", priority ? ", real-time priority" : ""
    printf "{\n  \"unit\": \"us of wall time\",\n  \"real_time_priority\": %s,\n  \"rows\": [\n",
        priority ? "true" : "false" > out
    for (i = 1; i <= NR; i++) {
        split(row[i], f, " ")
        printf "%-8s %-8s %6d %10.0f %10.0f %10.0f\n", f[1], f[2], f[3], f[4], f[5], f[6]
        printf "    {\"what\": \"%s\", \"load\": \"%s\", \"n\": %d, \"median\": %.1f, \"p99\": %.1f, \"most\": %.1f}%s\n",
            f[1], f[2], f[3], f[4], f[5], f[6], i < NR ? "," : "" > out
        if (f[1] == "sigint" ? f[6] > 5000 : f[5] > 2000) late = 1
        if (f[3] < 20) few = 1
    }
    printf "  ]\n}\n" > out
    if (late) print "too late"
    if (few) print "too few trials undisturbed"
    exit late || few
}' "$raw"
