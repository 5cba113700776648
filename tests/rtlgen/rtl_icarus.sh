#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/rtlgen/rtl_icarus.sh BUILD [SEED...]: a second simulator, without the program's own co-simulation: the
# test bench of a generated chip prints in Icarus exactly the events of the model.
set -euo pipefail
build=$1
shift
seeds=(${@:-1 2 3})
command -v iverilog > /dev/null || { echo "no iverilog"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

canonical() { LC_ALL=C sort -k2,2n -k3,3n -k4,4n -k5,5n -k6,6; }

for seed in "${seeds[@]}"; do
    "$build/tests/rtlgen/tiny_rtl" "$seed" "$tmp/$seed" | canonical > "$tmp/model"
    cd "$tmp/$seed"
    iverilog -g2012 -s tb -f files.f -o chip.vvp tb.sv > iverilog.log 2>&1 || { cat iverilog.log; exit 1; }
    vvp chip.vvp > out
    (grep '^EVENT' out || true) | tr -s ' ' | canonical > "$tmp/rtl"
    diff "$tmp/model" "$tmp/rtl" > "$tmp/diff" || { head -20 "$tmp/diff"; echo "seed $seed differs"; exit 1; }
    echo "seed $seed: $(wc -l < "$tmp/model") events equal"
done
