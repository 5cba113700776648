#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/kernel.sh BUILD_DIR OUT_JSON: this kernel against SystemC on the hold model.
#
# Three interleaved rounds; a case's figure is the median. SystemC counts with the faster of its two
# styles. Fails if the two programs' per-module sums differ, or if either is not deterministic.
set -euo pipefail
build=$(cd "${1:?usage: kernel.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: kernel.sh BUILD_DIR OUT_JSON}
ours=$build/validation/bench/bench_kernel
peer=$build/validation/bench/bench_kernel_systemc
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

cases=("1000 8" "1000 1000" "10000 1000" "100000 1000" "1000 100000" "100000 100000")
n_events=2000000
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

for round in 1 2 3; do
    echo "round $round" >&2
    for i in "${!cases[@]}"; do
        read -r n d <<<"${cases[$i]}"
        echo "$i ours $("$ours" "$n" "$d" $n_events)"
        echo "$i notify $("$peer" "$n" "$d" $n_events notify)"
        echo "$i next_trigger $("$peer" "$n" "$d" $n_events next_trigger)"
    done
done >"$raw"

# columns: case, program, ns per event, events, digest
awk -v names="$(IFS=,; echo "${cases[*]}")" -v out="$out" '
function median(key,    a, b, c, t) {
    split(ns[key], v, " "); a = v[1] + 0; b = v[2] + 0; c = v[3] + 0
    if (a > b) { t = a; a = b; b = t }
    return c < a ? a : c > b ? b : c
}
{
    ns[$1, $2] = ns[$1, $2] " " $3
    if (!($1 in digest)) digest[$1] = $4 " " $5
    if (digest[$1] != $4 " " $5) { print "case " $1 ": " $2 " computed something else"; failed = 1 }
}
END {
    if (failed) exit 1
    n = split(names, name, ",")
    printf "%-16s %12s %12s %8s\n", "modules,delay", "ours ns/ev", "SystemC", "ratio"
    printf "{\n  \"unit\": \"ns per event, median of 3\",\n  \"rows\": [\n" > out
    for (i = 0; i < n; i++) {
        split(name[i + 1], p, " ")
        ours = median(i SUBSEP "ours")
        peer = median(i SUBSEP "notify"); other = median(i SUBSEP "next_trigger")
        if (other < peer) peer = other
        ratio = peer / ours
        log_sum += log(ratio)
        if (i == 0 || ratio < min) min = ratio
        printf "%-16s %12.1f %12.1f %7.1fx\n", p[1] "," p[2], ours, peer, ratio
        printf "    {\"case\": \"%s modules, delay 1..%s\", \"ours\": %.2f, \"peer\": %.2f, \"ratio\": %.2f}%s\n",
            p[1], p[2], ours, peer, ratio, i < n - 1 ? "," : "" > out
    }
    printf "%-16s %12s %12s %7.1fx  (least %.1fx)\n", "geometric mean", "", "", exp(log_sum / n), min
    printf "  ],\n  \"geomean\": %.2f,\n  \"min\": %.2f\n}\n", exp(log_sum / n), min > out
}' "$raw"
