#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/train.sh BUILD_DIR OUT_JSON: samples a second that training takes in, on one core.
#
# supernet: NASRec's whole space with precisions, a random path a step: 13 dense features, 26 tables of 10,000 rows, batch
# 512, Adagrad, gradients clipped, rounding on; full: its widest path, as in the first warm-up steps. NASRec's
# own program in PyTorch takes 234 samples a second of such a core, computing all operators in every step.
# dnn: a plain DNN against the same in PyTorch (python3-torch; left out without it), Adam, batch 256.
# Beside them what the core gives in OpenBLAS's sgemm in the same rounds, and the rate within the products of
# training, of which the share of that is printed. Processor time, medians of three rounds. OPENBLAS_CORETYPE is
# taken out of the environment of all: each library has the kernels that it chooses itself.
set -euo pipefail
build=$(cd "${1:?usage: train.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: train.sh BUILD_DIR OUT_JSON}
here=$(cd "$(dirname "$0")" && pwd)
ours=$build/validation/bench/bench_train
unset OPENBLAS_CORETYPE
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

for round in 1 2 3; do
    echo "round $round" >&2
    for what in sgemm supernet full dnn; do
        echo "$what $("$ours" "$what")"
    done
    echo "torch $(/usr/bin/python3 "$here/train_torch.py")"
done >"$raw"

# columns: what, rate, GFLOP/s within products, their share of the time
awk -v out="$out" '
function median(v,    p, a, b, c, t) {
    split(v, p, " "); a = p[1] + 0; b = p[2] + 0; c = p[3] + 0
    if (a > b) { t = a; a = b; b = t }
    return c < a ? a : c > b ? b : c
}
function row(title, what, note) {
    printf "%-22s %10.0f samples/s, products %5.1f GFLOP/s, %3.0f %% of sgemm, in %3.0f %% of the time%s\n", title, \
        median(rate[what]), median(gflops[what]), 100 * median(gflops[what]) / sgemm, 100 * median(share[what]), note
    printf ",\n  \"%s\": {\"samples_per_s\": %.1f, \"products_gflops\": %.2f, \"of_sgemm\": %.3f, \"of_time\": %.3f}", \
        what, median(rate[what]), median(gflops[what]), median(gflops[what]) / sgemm, median(share[what]) > out
}
{ rate[$1] = rate[$1] " " $2; gflops[$1] = gflops[$1] " " $3; share[$1] = share[$1] " " $4 }
END {
    sgemm = median(rate["sgemm"]); torch = median(rate["torch"])
    printf "%-22s %10.1f GFLOP/s\n", "sgemm", sgemm
    printf "{\n  \"sgemm_gflops\": %.2f", sgemm > out
    row("supernet, random paths", "supernet", sprintf("; %.1fx NASRec (234)", median(rate["supernet"]) / 234))
    row("supernet, full paths", "full", "")
    row("DNN", "dnn", torch > 0 ? sprintf("; %.2fx PyTorch (%.0f)", median(rate["dnn"]) / torch, torch) : "")
    if (torch > 0)
        printf ",\n  \"torch_samples_per_s\": %.1f,\n  \"dnn_against_torch\": %.3f", torch, median(rate["dnn"]) / torch > out
    printf "\n}\n" > out
}' "$raw"
