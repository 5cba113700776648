#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/trace.sh BUILD_DIR OUT_JSON: what recording costs.
#
# Processor time (user and system) of whole `autorac sim` commands, results written, the best of
# three; the variants take turns, so that what else the machine does meets all of them. `none`
# records neither events nor windows; `windows` only these; `operators` start, finish and logit of
# every operator; `all` every event, flits and credits too. Slowdown: over none.
# Goals: operators at most 1.10, all at most 3. A missed goal is said, and fails.
set -euo pipefail
build=$(cd "${1:?usage: trace.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: trace.sh BUILD_DIR OUT_JSON}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/chip.yaml" <<'YAML'
mvm: { rows: 128, cols: 128, xbars: 64, adc_bits: 9 }
tile: { buffer_bytes: 1048576 }
YAML
# name, seed, most blocks, dense width, sparse width, fields, weights, requests
cases=("small 1 3 64 32 8 20000 16000" "medium 1 4 128 32 16 80000 8000" "large 1 7 256 64 26 400000 3200")
variants=("none --trace none --window 0" "windows --trace none" "operators --trace operators" "all --trace all")

for c in "${cases[@]}"; do
    read -r name bounds <<<"$c"
    echo "$name" >&2
    # shellcheck disable=SC2086
    "$build/validation/bench/bench_trace" "$work/w.h5" $bounds
    for _ in 1 2 3; do
        for v in "${variants[@]}"; do
            read -r variant options <<<"$v"
            rm -rf "$work/r"
            TIMEFORMAT='%U %S'
            # shellcheck disable=SC2086
            { time "$build/autorac" sim -q "$work/chip.yaml" "$work/w.h5" -o "$work/r" $options >&3 2>&4; } \
                3>&1 4>&2 2>"$work/time"
            read -r user system <"$work/time"
            bytes=$(stat -c %s "$work/r/results.h5")
            echo "$name ${bounds##* } $variant $user $system $bytes"
        done
    done
done >"$work/raw"

awk -v out="$out" '
{
    key = $1 " " $3
    if (!(key in best)) order[++n] = key
    if (!(key in best) || $4 + $5 < best[key]) best[key] = $4 + $5
    requests[key] = $2; bytes[key] = $6
}
END {
    printf "%-8s %-10s %9s %14s %10s %12s\n", "design", "recorded", "requests", "processor s", "slowdown",
        "results.h5"
    printf "{\n  \"unit\": \"seconds of processor time of autorac sim\",\n  \"rows\": [\n" > out
    for (i = 1; i <= n; i++) {
        split(order[i], f, " ")
        s = best[order[i]] / best[f[1] " none"]
        printf "%-8s %-10s %9d %14.3f %9.2fx %12d\n", f[1], f[2], requests[order[i]], best[order[i]], s,
            bytes[order[i]]
        printf "    {\"design\": \"%s\", \"recorded\": \"%s\", \"requests\": %d, \"seconds\": %.3f, \"slowdown\": %.3f, \"bytes\": %d}%s\n", f[1], f[2], requests[order[i]], best[order[i]], s, bytes[order[i]], i < n ? "," : "" > out
        if ((f[2] == "operators" && s > 1.1) || (f[2] == "all" && s > 3)) slow = 1
    }
    printf "  ]\n}\n" > out
    if (slow) print "a goal is missed"
    exit slow
}' "$work/raw"
