#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/train.sh BUILD_DIR OUT_JSON: samples a second that training the supernet takes in, on one core.
#
# NASRec's whole space with precisions: 13 dense features, 26 tables of 10,000 rows, batch 512, Adagrad, rounding on.
# supernet: a random path a step; full: the widest one, as in the first warm-up steps. Beside them what one
# core gives in OpenBLAS's sgemm in the same rounds. Processor time, medians of three rounds. NASRec's own
# program in PyTorch takes 234 samples a second of such a core, computing all operators in every step.
set -euo pipefail
build=$(cd "${1:?usage: train.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: train.sh BUILD_DIR OUT_JSON}
ours=$build/validation/bench/bench_train
export OPENBLAS_NUM_THREADS=1
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

for round in 1 2 3; do
    echo "round $round" >&2
    for what in sgemm supernet full; do
        echo "$what $("$ours" "$what")"
    done
done >"$raw"

awk -v out="$out" '
function median(v,    p, a, b, c, t) {
    split(v, p, " "); a = p[1] + 0; b = p[2] + 0; c = p[3] + 0
    if (a > b) { t = a; a = b; b = t }
    return c < a ? a : c > b ? b : c
}
{ v[$1] = v[$1] " " $2 }
END {
    sgemm = median(v["sgemm"]); net = median(v["supernet"]); full = median(v["full"])
    printf "%-34s %10.1f GFLOP/s\n%-34s %10.0f samples/s, %.1fx NASRec (234)\n%-34s %10.0f samples/s\n", \
        "sgemm", sgemm, "supernet, random paths", net, net / 234, "supernet, full paths", full
    printf "{\n  \"sgemm_gflops\": %.2f,\n  \"supernet_samples_per_s\": %.1f,\n  \"full_samples_per_s\": %.1f\n}\n", \
        sgemm, net, full > out
}' "$raw"
