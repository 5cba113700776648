#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole-chip statistics of presets x workloads, drawn and in the benchmarks' shapes, are those that are committed
# in tests/golden.
# golden.sh BUILD_DIR --update writes them anew.
source "$(dirname "$0")/lib.sh"
check() { # check DESIGN WORKLOAD
    local golden=$root/tests/golden/$1-$2.txt
    "$make_workload" "$work/w.h5" "$2" 16
    "$autorac" sim -q "arch/presets/$1.yaml" "$work/w.h5" -o "$work/$1-$2"
    grep -E '^(run|chip)\.' "$work/$1-$2/stats.txt" | grep -vE '^chip\.(n[0-9]+[_.]|layer\.)' >"$work/now.txt"
    if [ "$update" = --update ]; then
        cp "$work/now.txt" "$golden"
    elif diff "$golden" "$work/now.txt"; then
        echo "ok   $1-$2"
    else
        fail "$golden: numbers changed"
    fi
}

update=${2:-}
for seed in 1 2; do
    check small $seed
    check fast $seed
done
for shape in criteo avazu kdd12; do
    check naive $shape
    check rerec-like $shape
done
finish
