#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/rtlgen/rtl_icarus.sh BUILD [DESIGN...]: a second simulator, without the program's own co-simulation: the
# test bench of a generated chip prints in Icarus exactly the events of the model. DESIGN: SEED, or
# SEED:KIND:ENGINE as tiny_rtl understands them.
set -euo pipefail
build=$1
shift
designs=(${@:-1 2 2:2:1 3:5:0 2:6:0 2:6:1 4:6:2})
command -v iverilog > /dev/null || { echo "no iverilog"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

canonical() { LC_ALL=C sort -k2,2n -k3,3n -k4,4n -k5,5n -k6,6; }

for design in "${designs[@]}"; do
    IFS=: read -r seed unit <<< "$design"
    "$build/tests/rtlgen/tiny_rtl" "$seed" "$tmp/$design" ${unit//:/ } | canonical > "$tmp/model"
    cd "$tmp/$design"
    iverilog -g2012 -s tb -f files.f -o chip.vvp tb.sv > iverilog.log 2>&1 || { cat iverilog.log; exit 1; }
    vvp chip.vvp > out
    (grep '^EVENT' out || true) | tr -s ' ' | canonical > "$tmp/rtl"
    [ -s "$tmp/rtl" ] || { echo "design $design: no events"; exit 1; }
    diff "$tmp/model" "$tmp/rtl" > "$tmp/diff" || { head -20 "$tmp/diff"; echo "design $design differs"; exit 1; }
    echo "design $design: $(wc -l < "$tmp/rtl") events equal"
done
