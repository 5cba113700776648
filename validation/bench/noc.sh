#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/noc.sh BUILD_DIR OUT_JSON: flit-hops a second of this mesh against BookSim2's.
#
# BookSim2 is in no Debian package: its figures are constants, recorded once on one core of a
# two-core machine. Ours are the median of three interleaved rounds, sources and sinks included.
# With perf installed, also the fraction of the time that is the routers' own work.
set -euo pipefail
build=$(cd "${1:?usage: noc.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: noc.sh BUILD_DIR OUT_JSON}
ours=$build/validation/bench/bench_noc

# side rate VCs packet buffer, BookSim2's flit-hops a second
cases=("4 0.05 1 1 4 421834" "4 0.25 1 1 4 719717" "4 0.5 2 4 8 908680"
    "8 0.05 1 1 4 531985" "8 0.15 1 1 4 651572" "8 0.3 2 4 8 825975")
n_cycles=100000
raw=$(mktemp)
trap 'rm -f "$raw" "$raw.perf"' EXIT

for round in 1 2 3; do
    echo "round $round" >&2
    for i in "${!cases[@]}"; do
        read -r side rate vcs packet buffer _ <<<"${cases[$i]}"
        echo "$i $("$ours" "$side" "$rate" "$vcs" "$packet" "$buffer" $n_cycles)"
    done
done >"$raw"

# columns: case, flit-hops, seconds, flits
awk -v names="$(IFS=,; echo "${cases[*]}")" -v out="$out" '
function median(key,    a, b, c, t, v) {
    split(speed[key], v, " "); a = v[1] + 0; b = v[2] + 0; c = v[3] + 0
    if (a > b) { t = a; a = b; b = t }
    return c < a ? a : c > b ? b : c
}
{
    speed[$1] = speed[$1] " " $2 / $3
    if (!($1 in digest)) digest[$1] = $2 " " $4
    if (digest[$1] != $2 " " $4) { print "case " $1 ": not deterministic"; failed = 1 }
}
END {
    if (failed) exit 1
    n = split(names, name, ",")
    printf "%-40s %12s %12s %8s\n", "", "ours", "BookSim2", ""
    printf "%-40s %12s %12s %8s\n", "case", "Mflit-hop/s", "(recorded)", "ratio"
    printf "{\n  \"unit\": \"flit-hops per second, median of 3; peer: recorded constants\",\n  \"rows\": [\n" > out
    for (i = 0; i < n; i++) {
        split(name[i + 1], p, " ")
        mine = median(i); ratio = mine / p[6]
        log_sum += log(ratio)
        if (i == 0 || ratio < min) min = ratio
        text = p[1] "x" p[1] ", load " p[2] ", " p[3] " VC of " p[5] ", packets of " p[4]
        printf "%-40s %12.2f %12.2f %7.1fx\n", text, mine / 1e6, p[6] / 1e6, ratio
        printf "    {\"case\": \"%s\", \"ours\": %.0f, \"peer\": %.0f, \"ratio\": %.2f}%s\n",
            text, mine, p[6], ratio, i < n - 1 ? "," : "" > out
    }
    printf "%-40s %12s %12s %7.1fx  (least %.1fx)\n", "geometric mean", "", "", exp(log_sum / n), min
    printf "  ],\n  \"geomean\": %.2f,\n  \"min\": %.2f\n}\n", exp(log_sum / n), min > out
}' "$raw"

if command -v perf >/dev/null &&
    perf record -q -o "$raw.perf" "$ours" 8 0.15 1 1 4 $n_cycles >/dev/null 2>&1; then
    perf report -i "$raw.perf" --stdio -F overhead,symbol 2>/dev/null | awk '
        /noc_|route|return_credit/ { share += $1 }
        END { printf "routers own work at 8x8, load 0.15: %.0f %% of the time (perf)\n", share }'
elif command -v valgrind >/dev/null; then
    valgrind --tool=callgrind --callgrind-out-file="$raw.perf" "$ours" 8 0.15 1 1 4 5000 >/dev/null 2>&1
    callgrind_annotate "$raw.perf" | awk '
        /PROGRAM TOTALS/ { gsub(",", "", $1); total = $1 }
        /noc\.c:/ { gsub(",", "", $1); own += $1 }
        END { printf "routers own work at 8x8, load 0.15: %.0f %% of instructions (callgrind)\n",
                     100 * own / total }'
else
    echo "routers' own work: install perf or valgrind to see its share"
fi
