#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/xbar.sh BUILD_DIR OUT_JSON: multiply-accumulates a second of the crossbars' integer arithmetic, on
# one core: each kernel that this processor has, NumPy doing the same slicing, and the processor's own limit.
#
# 8-bit weights and inputs, 128 x 128 crossbars of 2-bit cells, 1-bit DAC, 256 requests. The limit is a loop of the
# very instructions on registers (a lossy product: the exact one and the counted one, one after the
# other). Medians of three interleaved rounds; all programs must give the same logits.
set -euo pipefail
build=$(cd "${1:?usage: xbar.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: xbar.sh BUILD_DIR OUT_JSON}
here=$(cd "$(dirname "$0")" && pwd)
ours=$build/validation/bench/bench_xbar
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

# inputs outputs ADC range
cases=("512 512 9 clip" "1024 256 9 clip" "512 512 6 clip" "512 512 6 truncate")
mapfile -t kernels < <("$ours" kernels)
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

for round in 1 2 3; do
    echo "round $round" >&2
    for i in "${!cases[@]}"; do
        for kernel in "${kernels[@]}"; do
            echo "$i $kernel $("$ours" run "$kernel" ${cases[$i]})"
        done
        echo "$i numpy $(/usr/bin/python3 "$here/xbar_numpy.py" ${cases[$i]})"
        echo "$i limit $("$ours" peak "${kernels[-1]}" ${cases[$i]}) -"
    done
done >"$raw"

# columns: case, program, MAC/s, digest
awk -v names="$(IFS=,; echo "${cases[*]}")" -v list="${kernels[*]}" -v out="$out" '
function median(key,    a, b, c, t, v) {
    split(speed[key], v, " "); a = v[1] + 0; b = v[2] + 0; c = v[3] + 0
    if (a > b) { t = a; a = b; b = t }
    return c < a ? a : c > b ? b : c
}
{
    speed[$1, $2] = speed[$1, $2] " " $3
    if ($4 == "-") next
    if (!($1 in digest)) digest[$1] = $4
    if (digest[$1] != $4) { print "case " $1 ": " $2 " computed something else"; failed = 1 }
}
END {
    if (failed) exit 1
    n = split(names, name, ","); k = split(list, kernel, " ")
    printf "%-30s", "GMAC/s"
    for (j = 1; j <= k; j++) printf "%9s", kernel[j]
    printf "%9s%9s%9s%9s\n", "NumPy", "ratio", "limit", "of it"
    printf "{\n  \"unit\": \"multiply-accumulates per second of processor time, median of 3\",\n  \"rows\": [\n" > out
    for (i = 0; i < n; i++) {
        split(name[i + 1], p, " ")
        text = p[1] " x " p[2] ", " (p[3] >= 9 ? "lossless" : p[3] " bits " p[4])
        printf "%-30s", text
        printf "    {\"case\": \"%s\"", text > out
        for (j = 1; j <= k; j++) {
            best = median(i SUBSEP kernel[j])
            printf "%9.1f", best / 1e9
            printf ", \"%s\": %.4g", kernel[j], best > out
        }
        numpy = median(i SUBSEP "numpy"); limit = median(i SUBSEP "limit")
        ratio = best / numpy
        log_sum += log(ratio)
        if (i == 0 || ratio < min) min = ratio
        printf "%9.2f%8.0fx%9.1f%8.0f%%\n", numpy / 1e9, ratio, limit / 1e9, (limit > 0 ? 100 * best / limit : 0)
        printf ", \"numpy\": %.4g, \"ratio\": %.2f, \"limit\": %.4g}%s\n", numpy, ratio, limit, i < n - 1 ? "," : "" > out
    }
    printf "%-30s%*s%8.0fx  (least %.0fx)\n", "geometric mean", 9 * (k + 1), "", exp(log_sum / n), min
    printf "  ],\n  \"geomean\": %.2f,\n  \"min\": %.2f\n}\n", exp(log_sum / n), min > out
}' "$raw"
