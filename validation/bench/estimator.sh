#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# validation/bench/estimator.sh BUILD_DIR OUT_JSON: pairs of model and chip costed a second.
#
# A pair is mapped (from shapes, without weights), estimated and priced, on one core, in processor
# time: what the search pays for the cost of a candidate. Models of all operators.
# Fails below 5000 a second.
set -euo pipefail
build=$(cd "${1:?usage: estimator.sh BUILD_DIR OUT_JSON}" && pwd)
out=${2:?usage: estimator.sh BUILD_DIR OUT_JSON}
params=$(cd "$(dirname "$0")/../../arch/params" && pwd)
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

# most blocks, dense width, sparse width, fields; random models of them, chips a model
for space in "3 64 32 8 30 20" "7 256 64 26 10 20" "7 1024 64 26 4 20"; do
    for round in 1 2 3; do
        # shellcheck disable=SC2086
        echo "$space $("$build/validation/bench/bench_estimator" "$params" $space 2)"
    done
done >"$raw"

# columns: 6 of the space, pairs, feasible, operators, units, pairs a second
awk -v out="$out" '
{
    key = $1 " blocks, width up to " $2 "/" $3 ", " $4 " fields"
    if (!(key in n)) name[++cases] = key
    v[key, ++n[key]] = $11
    ops[key] = $9; units[key] = $10
}
END {
    printf "%-44s %10s %8s %12s\n", "model space", "operators", "units", "pairs/s"
    printf "{\n  \"unit\": \"pairs of model and chip a second of processor time, median of 3\",\n  \"rows\": [\n" > out
    for (i = 1; i <= cases; i++) {
        k = name[i]
        a = v[k, 1] + 0; b = v[k, 2] + 0; c = v[k, 3] + 0
        median = a + b + c - (a > b ? (a > c ? a : c) : (b > c ? b : c)) - (a < b ? (a < c ? a : c) : (b < c ? b : c))
        if (median < 5000) slow = 1
        printf "%-44s %10.1f %8.1f %12.0f\n", k, ops[k], units[k], median
        printf "    {\"space\": \"%s\", \"operators\": %.1f, \"units\": %.1f, \"pairs_per_s\": %.0f}%s\n", k, ops[k], units[k], median, i < cases ? "," : "" > out
    }
    printf "  ]\n}\n" > out
    if (slow) print "below 5000 a second"
    exit slow
}' "$raw"
