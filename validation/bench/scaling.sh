#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/scaling.sh BUILD_DIR OUT_JSON: how costs grow, one size at a time up to 64 times.
#
# A pair's cost in the search (map, estimate, price), its LogLoss; a simulation, everything written;
# a co-simulation: the RTL's build from nothing, then its run with that build at hand. Processor
# time, children included, and peak memory of the largest process; nothing else is compared with it.
# A point that takes more than LIMIT_S seconds (default 300) is stopped and has no figure.
# Simulation and search have 2048 requests, co-simulation 64, where requests are not what grows.
set -euo pipefail
build=$(cd "${1:?usage: scaling.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: scaling.sh BUILD_DIR OUT_JSON}
params=$(cd "$(dirname "$0")/../../arch/params" && pwd)
limit_s=${LIMIT_S:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/chip.yaml" <<'YAML'
mvm: { rows: 128, cols: 128, xbars: 64, adc_bits: 9 }
tile: { buffer_bytes: 1048576 }
YAML

# cost FILE COMMAND...: user + system seconds and peak KiB; fails where the command does
cost() {
    local file=$1
    shift
    timeout "$limit_s" /usr/bin/time -o "$file" -f '%U %S %M' "$@" >"$work/log" 2>&1 || return 1
    awk '{ printf "%.2f %d", $1 + $2, $3 }' "$file"
}

cosim() { # cosim OPTION...: with the builds that are in the cache
    XDG_CACHE_HOME=$work/cache cost "$work/t" "$build/autorac" cosim -q "$work/chip.yaml" "$work/w.h5" -o "$work/cosim" \
        --force "$@"
}

# point WHAT TIMES FIELDS ROWS BLOCKS WIDTH HEIGHT REQUESTS: one line of the table; REQUESTS: times as many
point() {
    local what=$1 times=$2 fields=$3 rows=$4 blocks=$5 width=$6 height=$7 requests=$8
    local set=(--set "mesh.width=$width" --set "mesh.height=$height") pair sim first again
    local bench=("$build/validation/bench/bench_scaling" "$params" "$work/chip.yaml" "$work/w.h5" "$fields" "$rows" "$blocks")
    pair=$("${bench[@]}" $((2048 * requests)))
    sim=$(cost "$work/t" "$build/autorac" sim -q "$work/chip.yaml" "$work/w.h5" -o "$work/sim" --force "${set[@]}")
    "${bench[@]}" $((64 * requests)) >/dev/null
    rm -rf "$work/cache"
    if ! first=$(cosim "${set[@]}") || ! again=$(cosim "${set[@]}"); then
        first="- -" again="- -"
    fi
    echo "$what $times $pair $sim $first $again" | tee /dev/stderr
}

{
    for n in 1 4 16 64; do point fields $n $((2 * n)) 1000 1 0 0 1; done
    for n in 1 4 16 64; do point rows $n 4 $((1000 * n)) 1 0 0 1; done
    for n in 1 2 4 7; do point blocks $n 4 1000 $n 0 0 1; done
    side=4
    for n in 1 4 16 64; do
        point mesh $n 4 1000 1 $side $side 1
        side=$((2 * side))
    done
    for n in 1 4 16 64; do point requests $n 4 1000 1 0 0 $n; done
} >"$work/raw"

# columns: what, times, pair's cost and LogLoss, simulation's seconds and KiB, first cosim's, second's
awk -v out="$out" '
function json(v) { return v == "-" ? "null" : v }
BEGIN {
    printf "%-9s %5s %10s %11s %8s %8s %10s %8s\n", "grows", "times", "pair us", "LogLoss ms", "sim s", "sim MiB",
        "RTL build s", "cosim s"
    printf "{\n  \"unit\": \"seconds of processor time; peak KiB of the largest process\",\n  \"rows\": [" > out
}
{
    build = $7 == "-" || $9 == "-" ? "-" : sprintf("%.2f", $7 - $9)
    printf "%-9s %5d %10.1f %11.1f %8.2f %8.1f %11s %8s\n", $1, $2, $3 * 1e6, $4 * 1e3, $5, $6 / 1024, build, $9
    printf "%s\n    {\"grows\": \"%s\", \"times\": %d, \"pair_s\": %s, \"logloss_s\": %s, \"sim_s\": %s, \"sim_kib\": %s, \"rtl_build_s\": %s, \"rtl_build_kib\": %s, \"cosim_s\": %s}",
        (NR > 1 ? "," : ""), $1, $2, $3, $4, $5, $6, json(build), json($8), json($9) > out
}
END { printf "\n  ]\n}\n" > out }' "$work/raw"
