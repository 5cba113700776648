#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole-chip statistics of presets x workloads are those that are committed in tests/golden.
# golden.sh BUILD_DIR --update writes them anew.
source "$(dirname "$0")/lib.sh"
for design in small fast; do
    for seed in 1 2; do
        golden=$root/tests/golden/$design-$seed.txt
        "$make_workload" "$work/w.h5" $seed 16
        "$autorac" sim -q "arch/presets/$design.yaml" "$work/w.h5" -o "$work/$design-$seed"
        grep -E '^(run|chip)\.' "$work/$design-$seed/stats.txt" | grep -vE '^chip\.(n[0-9]+[_.]|layer\.)' \
            >"$work/now.txt"
        if [ "${2:-}" = --update ]; then
            cp "$work/now.txt" "$golden"
        elif diff "$golden" "$work/now.txt"; then
            echo "ok   $design-$seed"
        else
            fail "$golden: numbers changed"
        fi
    done
done
finish
