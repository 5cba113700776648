#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/chip.sh BUILD_DIR OUT_JSON: the simulator against Verilator running the same RTL.
#
# For each design both serve the same requests in the same process; every event that is recorded must
# be equal, or this fails. Inferences a second of processor time, building left out; Verilator's C++
# is compiled with -O3. A model of the full width of the space is simulated only: its RTL takes
# Verilator too long to build. Fails if that is below 200 a second, or any ratio below 100.
set -euo pipefail
build=$(cd "${1:?usage: chip.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: chip.sh BUILD_DIR OUT_JSON}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name, seed, most blocks, dense width, sparse width, fields, weights; requests, RTL
cases=("small 1 3 64 32 8 20000 64 1" "medium 1 4 128 32 16 80000 32 1" "large 1 7 256 64 26 400000 16 1"
    "full 1 7 1024 64 26 8000000 64 0")
for c in "${cases[@]}"; do
    read -r name bounds <<<"$c"
    echo "$name" >&2
    # shellcheck disable=SC2086
    echo "$name $("$build/validation/bench/bench_chip" "$work/$name" $bounds)"
done >"$work/raw"

# columns: name, operators, units, crossbars, weights, requests, events, cycles, recording, plain, rtl
awk -v out="$out" '
BEGIN {
    printf "%-8s %5s %6s %9s %9s %11s %10s %10s %10s %7s\n", "design", "units", "xbars", "weights",
        "events", "cycles/req.", "simulator", "recording", "Verilator", "ratio"
    printf "{\n  \"unit\": \"inferences a second of processor time\",\n  \"rows\": [\n" > out
}
{
    ratio = $11 ? $9 / $11 : 0
    printf "%-8s %5d %6d %9d %9d %11.0f %10.4g %10.4g %10s %7s\n", $1, $3, $4, $5, $7, $8 / $6, $10, $9,
        $11 ? sprintf("%.4g", $11) : "-", ratio ? sprintf("%.0fx", ratio) : "-"
    printf "%s    {\"design\": \"%s\", \"units\": %d, \"crossbars\": %d, \"weights\": %d, \"requests\": %d, \"events_equal\": %d, \"cycles\": %d, \"simulator\": %.6g, \"recording\": %.6g, \"verilator\": %.6g, \"ratio\": %.4g}", (NR > 1 ? ",\n" : ""), $1, $3, $4, $5, $6, $11 ? $7 : 0, $8, $10, $9, $11, ratio > out
    if (ratio && ratio < 100) slow = 1
    if (!ratio && $10 < 200) slow = 1
}
END {
    printf "\n  ]\n}\n" > out
    print "ratio: recording over Verilator; every recorded event equal"
    if (slow) print "a goal is missed"
    exit slow
}' "$work/raw"
